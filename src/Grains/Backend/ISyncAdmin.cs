using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Backend;

/// <summary>
/// For operators: what the server could not apply of a user's devices, and what can be done about it. Checks nobody's right to ask: whoever
/// offers it to people does. Safe to call concurrently, from any process.
/// </summary>
/// <exception cref="ArgumentException">Any method: the user's id is none, or a number is out of its range.</exception>
/// <exception cref="SyncUnavailableException">Any method: the server cannot answer now. Calling again is safe.</exception>
public interface ISyncAdmin
{
    /// <summary>Dead letters of a page, at most.</summary>
    const int MaxPage = 100;

    /// <summary>A page of dead letters, latest first.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="before">From the page before; <c>null</c>: the first page.</param>
    /// <param name="limit">1 to <see cref="MaxPage"/> letters.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<DeadLetterPage> ListDeadLettersAsync(
        string user, DeadLetterPosition? before = null, int limit = MaxPage, CancellationToken cancellationToken = default);

    /// <summary>A dead letter with the whole operation; <c>null</c>: there is none.</summary>
    Task<DeadLetter?> FindDeadLetterAsync(string user, OperationId operation, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes what a dead letter wanted as a new operation of server code, on what stands now, and removes the letter if it is taken. However
    /// often and by whom it is called, one call has an effect; the others learn that one's outcome.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="operation">The dead letter.</param>
    /// <param name="replay">How; <c>null</c>: as it is.</param>
    /// <param name="cancellationToken">Ends the waiting; the replay may have taken place, which another call tells.</param>
    /// <returns>What became of it, on record; <c>null</c>: there is no such letter.</returns>
    /// <exception cref="SyncWriteException">
    /// The operation breaks a rule by now, such as that its type is declared, or the edited changes do; nothing was written.
    /// </exception>
    /// <exception cref="InvalidOperationException">It was replayed and refused 16 times: discard it and write what is wanted anew.</exception>
    Task<ReplayResult?> ReplayDeadLetterAsync(
        string user, OperationId operation, DeadLetterReplay? replay = null, CancellationToken cancellationToken = default);

    /// <summary>Removes a dead letter for good; false: there is none (any more). The device keeps its own.</summary>
    Task<bool> DiscardDeadLetterAsync(string user, OperationId operation, CancellationToken cancellationToken = default);

    /// <summary>
    /// Where an operation is: whether it is on record and what became of it, and which devices have it, as of what was last heard of each: at
    /// most 15 seconds ago where a device watches, at the end of its last stream where it does not.
    /// </summary>
    Task<OperationWhereabouts> WhereIsAsync(string user, OperationId operation, CancellationToken cancellationToken = default);
}
