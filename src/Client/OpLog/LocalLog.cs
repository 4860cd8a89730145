using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>The operation log of a local database, as the sync engine uses it.</summary>
internal sealed class LocalLog(ILocalTransactions database, int maxAnsweredFailures, SettledRetention retention) : ILocalLog
{
    // Rows and outcomes that are applied as quickly as another thread would begin to.
    private const int Few = 16;

    // A write of the app waits no longer than for these.
    private const int EntitiesAtATime = 100;

    public LocalState State => StateOf(database.Meta);

    public Task<LocalState> MakeDurableAsync(CancellationToken cancellationToken) =>
        database.RunAsync(static context => StateOf(context.Meta), cancellationToken);

    public Task RecordHandshakeAsync(HandshakeResult handshake, CancellationToken cancellationToken) => RunAsync(
        context =>
        {
            context.Meta = context.Meta with
            {
                SessionToken = handshake.SessionToken,
                Clock = Math.Max(context.Meta.Clock, handshake.Clock),
                Limits = handshake.Limits,
                Account = handshake.Account.IsEmpty ? context.Meta.Account : handshake.Account,
            };
            if (handshake.Lineage != Guid.Empty) Recovery.OnLineage(context, handshake.Lineage, handshake.Lost);
            if (handshake.Schema is null) return;
            context.Meta = context.Meta with { Schema = handshake.Schema, SchemaHash = handshake.SchemaHash };
            // Other rules, other local rows.
            foreach (var key in OperationTable.Entities(context.Connection)) Rebase.Run(context, key);
        },
        WriteKind.Durable,
        cancellationToken);

    public Task<DeviceRenewal> RenewDeviceAsync(CancellationToken cancellationToken) =>
        database.RunAsync(context => CopiedDatabase.Renew(context, retention.Now()), WriteKind.Durable, cancellationToken);

    public async Task<IReadOnlyList<AbsorbedOperation>?> CompactAsync(CancellationToken cancellationToken) =>
        database.Meta.Rewritten is { IsEmpty: true }
            ? null
            : await database.RunAsync(static context => BacklogCompaction.Run(context, EntitiesAtATime), WriteKind.Durable, cancellationToken);

    public Task<OperationBatch?> TakeBatchAsync(
        IReadOnlySet<EntityKey> busy, Limits limits, long through, CancellationToken cancellationToken) =>
        database.RunAsync(context => Take(context, busy, limits, through), WriteKind.Independent | WriteKind.Short, cancellationToken);

    public Task AcknowledgeAsync(IReadOnlyList<OperationOutcome> outcomes, long clock, CancellationToken cancellationToken)
    {
        // A watch is often quicker, and its page has settled all that was on its way.
        if (!State.AnyInFlight && clock <= State.Clock) return Task.CompletedTask;
        return RunAsync(context => Acknowledge(context, outcomes, clock), Repeatable(outcomes.Count), cancellationToken);
    }

    public Task<OperationBatch?> AcknowledgeAndTakeAsync(
        IReadOnlyList<OperationOutcome> outcomes, long clock, IReadOnlySet<EntityKey> busy, Limits limits, long through,
        CancellationToken cancellationToken) => database.RunAsync(
        context =>
        {
            Acknowledge(context, outcomes, clock);
            return Take(context, busy, limits, through);
        },
        cancellationToken);

    // Nothing of it is stored.
    public Task ReturnToPendingAsync(IReadOnlyList<OperationId> operations, CancellationToken cancellationToken) => database.RunAsync(
        context =>
        {
            var inFlight = context.Meta.InFlight;
            var returned = operations.Count > 0 ? operations : inFlight.Operations.Select(static operation => operation.Id);
            context.Meta = context.Meta with { InFlight = inFlight.WithoutWaiting(returned.ToHashSet()) };
            return true;
        },
        WriteKind.Repeatable | WriteKind.Short,
        cancellationToken);

    public Task RecordFailureAsync(
        IReadOnlyList<OperationId> operations, OperationFailure failure, CancellationToken cancellationToken) => RunAsync(
        context =>
        {
            Settlement.RecordFailure(context, operations, failure, maxAnsweredFailures);
            Recovery.TryFinish(context);
        },
        WriteKind.Durable, cancellationToken);

    public Task ApplyPageAsync(ChangePage page, CancellationToken cancellationToken) => RunAsync(
        context =>
        {
            PageApplier.Apply(context, page, retention);
            if (page.Outcomes.Count > 0) NoteDoneBelow(context);
            Recovery.TryFinish(context);
        },
        Repeatable(page.Rows.Count + page.Outcomes.Count),
        cancellationToken);

    public Task ApplyFillAsync(string type, ChangePage page, CancellationToken cancellationToken) => RunAsync(
        context =>
        {
            SubscriptionChanges.ApplyFill(context, type, page);
            if (page.Outcomes.Count > 0) NoteDoneBelow(context);
        },
        WriteKind.Repeatable,
        cancellationToken);

    public Task RestartFillAsync(CancellationToken cancellationToken) =>
        RunAsync(SubscriptionChanges.StopFilling, WriteKind.Durable, cancellationToken);

    public Task RestartPullAsync(CancellationToken cancellationToken) => RunAsync(PageApplier.Restart, WriteKind.Durable, cancellationToken);

    public Task<LogRest> RestAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(connection => OperationTable.Rest(connection, database.Meta.InFlight), cancellationToken);

    public Task<LogDepth> DepthAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(connection => OperationTable.Depth(connection, database.Meta.InFlight), cancellationToken);

    public LogDepth Depth() => database.Read(connection => OperationTable.Depth(connection, database.Meta.InFlight));

    internal static void NoteDoneBelow(WriteContext context) => context.Meta = context.Meta with
    {
        DoneBelow = OperationTable.LowestUnanswered(context.Connection, context.Meta.InFlight) ?? context.Meta.Clock + 1,
    };

    private static OperationBatch? Take(WriteContext context, IReadOnlySet<EntityKey> busy, Limits limits, long through)
    {
        var selector = new BatchSelector(context.Connection, context.Meta.InFlight, busy, limits);
        var taken = selector.Select(through);
        context.Meta = context.Meta with { InFlight = taken.Count > 0 ? selector.InFlight.With(taken) : selector.InFlight };
        if (taken.Count == 0) return null;
        foreach (var run in selector.Runs) AttemptedTable.Add(context.Connection, run);
        return new OperationBatch(taken, selector.MayBeMore);
    }

    private void Acknowledge(WriteContext context, IReadOnlyList<OperationOutcome> outcomes, long clock)
    {
        context.Meta = context.Meta with { Clock = Math.Max(context.Meta.Clock, clock) };
        Settlement.Record(context, outcomes);
        retention.Prune(context);
        NoteDoneBelow(context);
        Recovery.TryFinish(context);
    }

    private static WriteKind Repeatable(int changes) => changes <= Few ? WriteKind.Repeatable | WriteKind.Short : WriteKind.Repeatable;

    private static LocalState StateOf(LocalMeta meta) => new(
        meta.Device, meta.SessionToken, meta.Account, meta.Lineage, meta.Cursor, meta.PageToken, meta.SchemaHash, meta.DoneBelow, meta.Clock,
        meta.InFlight.Any, meta.Types, meta.Drifted)
    {
        History = meta.History,
        Known = Math.Max(meta.Answered, meta.Lineage == meta.History ? meta.Cursor : 0),
        Recovery = meta.Recovery,
    };

    private async Task RunAsync(Action<WriteContext> work, WriteKind kind, CancellationToken cancellationToken) => await database.RunAsync(
        context =>
        {
            work(context);
            return true;
        },
        kind,
        cancellationToken);
}
