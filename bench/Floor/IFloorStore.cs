using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

/// <summary>One table of rows, and the ids of the writes that made them.</summary>
internal interface IFloorStore : IAsyncDisposable
{
    /// <summary>Makes the tables where they are absent.</summary>
    Task StartAsync();

    /// <summary>Returns when the batch is on disk. Not to be cancelled: a commit whose outcome nobody knows has no watchers.</summary>
    /// <exception cref="InvalidWriteException">The batch can never be stored; nothing of it was.</exception>
    Task<Committed> PushAsync(string user, IReadOnlyList<Write> writes);

    /// <summary>The user's rows in the order of their sequence, in messages of <see cref="PageSize"/>.</summary>
    IAsyncEnumerable<ReadResponse> ReadAsync(string user, CancellationToken cancellationToken);

    const int PageSize = 1000;
}

/// <param name="Sequence">The user's sequence of the batch.</param>
/// <param name="Fresh">The writes that were new, in the order sent.</param>
internal readonly record struct Committed(long Sequence, IReadOnlyList<Write> Fresh);

/// <summary>The values themselves are at fault, not the store.</summary>
internal sealed class InvalidWriteException(string message) : Exception(message);
