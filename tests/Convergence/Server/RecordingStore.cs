using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>
/// Passes everything on, and tells of each commit that took place, and of what a purge has left: the truth that the checkers start from.
/// </summary>
internal sealed class RecordingStore(
    ISyncStore inner, Action<ScopeCommit> onCommitted, Action<ScopeCommit> onRefused, Action<ChangePage> onPurged) : ISyncStore
{
    public Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken) => inner.ClaimAsync(scope, cancellationToken);

    public async Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken)
    {
        var result = await inner.CommitAsync(commit, cancellationToken);
        if (result == CommitResult.Committed) onCommitted(commit);
        if (result == CommitResult.Refused) onRefused(commit);
        return result;
    }

    public Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken) =>
        inner.LoadAsync(scope, keys, cancellationToken);

    public Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(scope, type, limit, cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken) =>
        inner.FindOperationsAsync(scope, operations, cancellationToken);

    public Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken) =>
        inner.ReadChangesAsync(query, cancellationToken);

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        inner.ReadScopeAsync(scope, cancellationToken);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        inner.ListDevicesAsync(scope, cancellationToken);

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken) =>
        inner.RegisterDeviceAsync(scope, device, session, registeredAt, cancellationToken);

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken) =>
        inner.UpdateSessionAsync(scope, device, expected, next, doneBelow, cancellationToken);

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) =>
        inner.RevokeDeviceAsync(scope, device, cancellationToken);

    public Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken) =>
        inner.ListScopesAsync(after, limit, cancellationToken);

    public async Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken)
    {
        var result = await inner.PurgeAsync(request, cancellationToken);
        if (result.RemovedAny) onPurged((await inner.ReadChangesAsync(Everything.Of(request.Scope), cancellationToken))!);
        return result;
    }

    public Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        inner.FindRecordAsync(scope, operation, cancellationToken);

    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        inner.ListDeadLettersAsync(query, cancellationToken);

    public Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        inner.FindDeadLetterAsync(scope, operation, cancellationToken);

    public Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        inner.RemoveDeadLetterAsync(scope, operation, cancellationToken);

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) =>
        inner.MendDigestAsync(scope, head, digest, cancellationToken);

    public Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken) =>
        inner.BeginLineagesAsync(scopes, through, cancellationToken);

    public Task MarkRestoredAsync(long through, CancellationToken cancellationToken) =>
        inner.MarkRestoredAsync(through, cancellationToken);
}
