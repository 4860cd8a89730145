using System.Collections.Immutable;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>
/// An operation that ended refused. Its effect is no longer in the local row; nothing happens to it until the app retries
/// or discards it.
/// </summary>
public sealed class DeadLetter
{
    private readonly LocalDatabase _database;
    private readonly Operation _operation;

    internal DeadLetter(LocalDatabase database, LoggedOperation entry)
    {
        (_database, _operation) = (database, entry.Operation);
        (Reason, Code, Message, Failures, WrittenAt) = (entry.Reason, entry.Code, entry.Message, entry.Failures, entry.WrittenAt);
    }

    /// <summary>Its id in the log, on the server and in the write's receipt.</summary>
    public OperationId Operation => _operation.Id;

    /// <summary>The transaction it belongs to; all of one are retried or discarded together.</summary>
    public TransactionId? Transaction => _operation.Transaction?.Id;

    /// <summary>The entity's type.</summary>
    public string Type => _operation.Entity.Type;

    /// <summary>The entity's id.</summary>
    public string EntityId => _operation.Entity.Id;

    /// <summary>Create, update or delete.</summary>
    public OperationKind Kind => _operation.Kind;

    /// <summary>What it would have changed.</summary>
    public ImmutableArray<FieldChange> Changes => _operation.Changes;

    /// <summary>Why the rules refused it; <see cref="RejectionReason.None"/>: it was given up after failures, see <see cref="Code"/>.</summary>
    public RejectionReason Reason { get; }

    /// <summary>The server's code for the refusal or the last failure.</summary>
    public string? Code { get; }

    /// <summary>What the server said, for a person.</summary>
    public string? Message { get; }

    /// <summary>How often the server answered its batch with an error.</summary>
    public int Failures { get; }

    /// <summary>When it was written, by the device's clock.</summary>
    public DateTimeOffset WrittenAt { get; }

    /// <summary>
    /// Does the same again as a new operation with a new id and timestamp, on the entity as it is now; changes of an entity
    /// that is gone become its creation. The letter is gone once this returns.
    /// </summary>
    /// <exception cref="SyncException">The letter is gone already (OS3009); the change is refused locally, and the letter stays (OS30xx).</exception>
    public Task<WriteReceipt> RetryAsync(CancellationToken cancellationToken = default) =>
        _database.RunAsync(context => DeadLetterTable.Retry(context, _operation.Id, edit: null, _database.Now), cancellationToken);

    /// <summary>The same with other changes: those that it would have made, and over them these.</summary>
    /// <param name="edit">
    /// Given the changes of the letter: what it sets replaces what they set, what it increments adds up with them, and
    /// <see cref="EntityPatch.Without"/> leaves a field out. May run again where the disk fails.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the writer.</param>
    /// <exception cref="SyncException">It deletes, so there is nothing to edit (OS3010); as above.</exception>
    public Task<WriteReceipt> EditAndRetryAsync(Action<EntityPatch> edit, CancellationToken cancellationToken = default)
    {
        if (Kind == OperationKind.Delete) throw StoreErrors.NothingToEdit(Operation);
        return _database.RunAsync(
            context => DeadLetterTable.Retry(context, _operation.Id, changes => EntityPatch.Edit(changes, edit), _database.Now), cancellationToken);
    }

    /// <summary>Forgets it for good.</summary>
    /// <exception cref="SyncException">The letter is gone already (OS3009).</exception>
    public Task DiscardAsync(CancellationToken cancellationToken = default) => _database.RunAsync(
        context =>
        {
            DeadLetterTable.Take(context, _operation.Id);
            return true;
        },
        cancellationToken);
}
