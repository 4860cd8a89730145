using System.Collections.Immutable;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// What the sync engine asks of the local database. Every method is one local transaction, durable where nothing else is said. What
/// the server can say again is committed in order but not waited for: a power cut takes it back, and it is asked for again.
/// </summary>
internal interface ILocalLog
{
    /// <summary>Who this database is and how far it holds the server's state.</summary>
    LocalState State { get; }

    /// <summary>
    /// Puts all that was committed on disk; the state as of then. What the server is told of it, and keeps, no power cut takes back.
    /// </summary>
    Task<LocalState> MakeDurableAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Records a handshake: the token must be durable before it is used. Where the server was restored to an earlier point since the last one, what was
    /// settled and is kept waits to be sent again, and the pull begins anew.
    /// </summary>
    Task RecordHandshakeAsync(HandshakeResult handshake, CancellationToken cancellationToken);

    /// <summary>
    /// Another copy of this database has gone on in its name: takes a new device id. What was never attempted goes on under it; what may have
    /// reached the server from either copy, and what would count twice, becomes a dead letter.
    /// </summary>
    Task<DeviceRenewal> RenewDeviceAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Lets PENDING operations that were never attempted become fewer where nobody can tell, some entities at a time; what has become
    /// part of what. <c>null</c>: nothing is left to look at.
    /// </summary>
    Task<IReadOnlyList<AbsorbedOperation>?> CompactAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes the next batch: PENDING operations in log order with a counter up to <paramref name="through"/>, none of an
    /// entity in <paramref name="busy"/> and none behind an earlier one of its entity that is not settled; a transaction
    /// never split. They are IN_FLIGHT, and attempted on disk, before this returns. An operation whose batch has failed before
    /// leaves alone. <c>null</c>: nothing can be sent now.
    /// </summary>
    Task<OperationBatch?> TakeBatchAsync(IReadOnlySet<EntityKey> busy, Limits limits, long through, CancellationToken cancellationToken);

    /// <summary>
    /// Records outcomes: SYNCED, or DEAD_LETTER for a rejection. Its followers of the same batch come as rejections of their
    /// own; those not yet sent are judged by the server when they are. An outcome recorded before is left as it is.
    /// </summary>
    /// <remarks>Not synced: the server answers an operation that is sent again as it did before.</remarks>
    Task AcknowledgeAsync(IReadOnlyList<OperationOutcome> outcomes, long clock, CancellationToken cancellationToken);

    /// <summary>Both in one transaction, first the outcomes: a push that goes on waits for the disk once a batch.</summary>
    Task<OperationBatch?> AcknowledgeAndTakeAsync(
        IReadOnlyList<OperationOutcome> outcomes, long clock, IReadOnlySet<EntityKey> busy, Limits limits, long through,
        CancellationToken cancellationToken);

    /// <summary>
    /// IN_FLIGHT operations return to PENDING, or FAILED where they were that before: a stream failed without an answer. Their number of
    /// failures does not grow. Empty list: all of them.
    /// </summary>
    Task ReturnToPendingAsync(IReadOnlyList<OperationId> operations, CancellationToken cancellationToken);

    /// <summary>
    /// The server answered a batch with a status. The operations become FAILED, or DEAD_LETTER after
    /// <c>SyncStoreOptions.MaxAnsweredFailures</c> or at once where the fault is permanent; with one of a transaction, all.
    /// </summary>
    Task RecordFailureAsync(IReadOnlyList<OperationId> operations, OperationFailure failure, CancellationToken cancellationToken);

    /// <summary>
    /// Stages a page; a complete one brings all that is staged, and its own rows, into view in the same transaction: outcomes first, then
    /// rows, each rebased under the entity's pending operations, then the cursor. The page must continue the state's page
    /// token, or its cursor where there is none: a complete page of a pull from the start removes what it did not bring.
    /// </summary>
    /// <remarks>Not synced: it can be pulled again, with its outcomes.</remarks>
    /// <exception cref="SyncException">OS2007: the page is of another lineage than the cursor; restart the pull.</exception>
    Task ApplyPageAsync(ChangePage page, CancellationToken cancellationToken);

    /// <summary>
    /// Stages a page of the type that is being filled. With a complete one it joins the others: its rows are shown by the next complete page
    /// of theirs, which must not lie before this one.
    /// </summary>
    /// <remarks>Not synced: it can be read again.</remarks>
    Task ApplyFillAsync(string type, ChangePage page, CancellationToken cancellationToken);

    /// <summary>The type that is being filled is read again from its start.</summary>
    Task RestartFillAsync(CancellationToken cancellationToken);

    /// <summary>Drops what is staged and sets the cursor to the start; rows and pending operations stay.</summary>
    Task RestartPullAsync(CancellationToken cancellationToken);

    /// <summary>Whether anything waits; costs the same however much does.</summary>
    Task<LogRest> RestAsync(CancellationToken cancellationToken);

    /// <summary>Operations not yet settled, and when the oldest was written.</summary>
    Task<LogDepth> DepthAsync(CancellationToken cancellationToken);

    /// <summary>The same, for the status that is asked for in passing.</summary>
    LogDepth Depth();
}

/// <summary>The identity and position of a local database.</summary>
/// <param name="Device">This device.</param>
/// <param name="SessionToken">Token of the last handshake; empty: none.</param>
/// <param name="Account">Whose data it is, as the server named it; empty: no handshake yet.</param>
/// <param name="Lineage">Lineage of the cursor; empty: nothing pulled yet.</param>
/// <param name="Cursor">The visible cursor.</param>
/// <param name="PageToken">Where an interrupted pull goes on; empty: at the cursor.</param>
/// <param name="SchemaHash">Hash of the schema last learned; empty: none.</param>
/// <param name="DoneBelow">Outcomes of all operations with a lower counter are known.</param>
/// <param name="Clock">The highest counter given out or seen: no operation in the log has a higher one.</param>
/// <param name="AnyInFlight">Operations are on their way.</param>
/// <param name="Types">What is held of the server's, and what is to be.</param>
/// <param name="Drifted">Types whose rows are not the server's, as its digests say.</param>
internal sealed record LocalState(
    DeviceId Device,
    ReadOnlyMemory<byte> SessionToken,
    ReadOnlyMemory<byte> Account,
    Guid Lineage,
    long Cursor,
    ReadOnlyMemory<byte> PageToken,
    ReadOnlyMemory<byte> SchemaHash,
    long DoneBelow,
    long Clock,
    bool AnyInFlight,
    TypeSubscriptions Types,
    ImmutableSortedSet<string> Drifted)
{
    /// <summary>The lineage of the last handshake; empty: none.</summary>
    public Guid History { get; init; }

    /// <summary>The highest commit of it that is known; 0: none.</summary>
    public long Known { get; init; }

    /// <summary>What is done about a server that was restored; <c>null</c>: it was not.</summary>
    public RecoveryState? Recovery { get; init; }
}

/// <summary>What a handshake brought; <paramref name="Schema"/> is <c>null</c> where the one held is current.</summary>
internal sealed record HandshakeResult(
    ReadOnlyMemory<byte> SessionToken, SyncSchema? Schema, ReadOnlyMemory<byte> SchemaHash, long Clock, Guid Lineage, long Head, Limits Limits,
    ReadOnlyMemory<byte> Account = default)
{
    /// <summary>What the server has lost when it was last restored to an earlier point.</summary>
    public SequenceGap Lost { get; init; }
}

/// <summary>A database that has become another device's.</summary>
/// <param name="Device">Its id from now on.</param>
/// <param name="DeadLetters">Operations of which nobody knows whether they took effect.</param>
internal sealed record DeviceRenewal(DeviceId Device, int DeadLetters);

/// <summary>Operations that travel together, in log order.</summary>
/// <param name="Operations">At least one.</param>
/// <param name="MayBeMore">Others can perhaps leave at once; <c>false</c>: none can before something is acknowledged.</param>
internal sealed record OperationBatch(IReadOnlyList<Operation> Operations, bool MayBeMore = true);

/// <summary>An outcome with what the server said about a refusal.</summary>
internal sealed record OperationOutcome(Outcome Outcome, string? Message);

/// <summary>A status that the server answered for a batch.</summary>
internal sealed record OperationFailure(string Code, string Message, bool Permanent);

/// <summary>
/// A page of the server's changes. Its rows may still be being decoded: going through them waits for that, and throws where one does not fit.
/// </summary>
internal sealed record ChangePage(
    IReadOnlyCollection<EncodedRow> Rows,
    IReadOnlyList<OperationOutcome> Outcomes,
    bool Complete,
    Guid Lineage,
    long Cursor,
    ReadOnlyMemory<byte> PageToken,
    long Head,
    long Clock)
{
    /// <summary>Totals of types as of the cursor, of a complete page: of all types, or of those that its commit has changed.</summary>
    public IReadOnlyList<(string Type, RowDigest Digest)> Digests { get; init; } = [];
}

/// <summary>What the log holds that is not settled: operations to be sent, failed ones among them, and operations on their way.</summary>
internal readonly record struct LogRest(bool AnyPending, bool AnyInFlight);

/// <summary>How much is waiting; <paramref name="OldestWrittenAt"/> is <c>null</c> where nothing is.</summary>
internal sealed record LogDepth(int Pending, int InFlight, int DeadLetters, DateTimeOffset? OldestWrittenAt);
