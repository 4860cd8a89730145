using OrleansSync.Client.OpLog;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Guards;

/// <summary>A local log that passes everything on.</summary>
internal abstract class LogDouble(ILocalLog inner) : ILocalLog
{
    public virtual LocalState State => inner.State;

    public Task<LocalState> MakeDurableAsync(CancellationToken cancellationToken) => inner.MakeDurableAsync(cancellationToken);

    public Task RecordHandshakeAsync(HandshakeResult handshake, CancellationToken cancellationToken) =>
        inner.RecordHandshakeAsync(handshake, cancellationToken);

    public Task<DeviceRenewal> RenewDeviceAsync(CancellationToken cancellationToken) => inner.RenewDeviceAsync(cancellationToken);

    public Task<IReadOnlyList<AbsorbedOperation>?> CompactAsync(CancellationToken cancellationToken) => inner.CompactAsync(cancellationToken);

    public Task<OperationBatch?> TakeBatchAsync(
        IReadOnlySet<EntityKey> busy, Limits limits, long through, CancellationToken cancellationToken) =>
        inner.TakeBatchAsync(busy, limits, through, cancellationToken);

    public Task AcknowledgeAsync(IReadOnlyList<OperationOutcome> outcomes, long clock, CancellationToken cancellationToken) =>
        inner.AcknowledgeAsync(outcomes, clock, cancellationToken);

    public Task<OperationBatch?> AcknowledgeAndTakeAsync(
        IReadOnlyList<OperationOutcome> outcomes, long clock, IReadOnlySet<EntityKey> busy, Limits limits, long through,
        CancellationToken cancellationToken) =>
        inner.AcknowledgeAndTakeAsync(outcomes, clock, busy, limits, through, cancellationToken);

    public Task ReturnToPendingAsync(IReadOnlyList<OperationId> operations, CancellationToken cancellationToken) =>
        inner.ReturnToPendingAsync(operations, cancellationToken);

    public Task RecordFailureAsync(IReadOnlyList<OperationId> operations, OperationFailure failure, CancellationToken cancellationToken) =>
        inner.RecordFailureAsync(operations, failure, cancellationToken);

    public virtual Task ApplyPageAsync(ChangePage page, CancellationToken cancellationToken) => inner.ApplyPageAsync(page, cancellationToken);

    public Task ApplyFillAsync(string type, ChangePage page, CancellationToken cancellationToken) => inner.ApplyFillAsync(type, page, cancellationToken);

    public Task RestartFillAsync(CancellationToken cancellationToken) => inner.RestartFillAsync(cancellationToken);

    public Task RestartPullAsync(CancellationToken cancellationToken) => inner.RestartPullAsync(cancellationToken);

    public Task<LogRest> RestAsync(CancellationToken cancellationToken) => inner.RestAsync(cancellationToken);

    public Task<LogDepth> DepthAsync(CancellationToken cancellationToken) => inner.DepthAsync(cancellationToken);

    public LogDepth Depth() => inner.Depth();
}

/// <summary>Rows arrive without this device's outcomes.</summary>
internal sealed class LogWithoutOutcomes(ILocalLog inner) : LogDouble(inner)
{
    public override Task ApplyPageAsync(ChangePage page, CancellationToken cancellationToken) =>
        base.ApplyPageAsync(page with { Outcomes = [] }, cancellationToken);
}

/// <summary>Rows are shown as they come, before the pull is complete.</summary>
internal sealed class LogWithoutStaging(ILocalLog inner) : LogDouble(inner)
{
    private ReadOnlyMemory<byte> _token;

    public override LocalState State => base.State with { PageToken = _token };

    public override Task ApplyPageAsync(ChangePage page, CancellationToken cancellationToken)
    {
        _token = page.Complete ? default : page.PageToken;
        return base.ApplyPageAsync(
            page.Complete ? page : page with { Complete = true, Cursor = base.State.Cursor, Lineage = base.State.Lineage }, cancellationToken);
    }
}
