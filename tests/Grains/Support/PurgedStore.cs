using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Tests.Support;

/// <summary>A store whose tombstones are purged below a horizon. Only reading pages makes sense on it.</summary>
internal sealed record PurgedStore(ISyncStore Inner, long Horizon) : ISyncStore
{
    public async Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken) =>
        await Inner.ReadChangesAsync(query, cancellationToken) is { } page
            ? page with { State = page.State with { Horizon = Horizon } }
            : null;

    public Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken) => Inner.ClaimAsync(scope, cancellationToken);

    public Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken) =>
        Inner.CommitAsync(commit, cancellationToken);

    public Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken) =>
        Inner.LoadAsync(scope, keys, cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken) =>
        Inner.FindOperationsAsync(scope, operations, cancellationToken);

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Inner.ReadScopeAsync(scope, cancellationToken);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Inner.ListDevicesAsync(scope, cancellationToken);

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken) =>
        Inner.RegisterDeviceAsync(scope, device, session, registeredAt, cancellationToken);

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken) =>
        Inner.UpdateSessionAsync(scope, device, expected, next, doneBelow, cancellationToken);

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) =>
        Inner.RevokeDeviceAsync(scope, device, cancellationToken);

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) =>
        Inner.MendDigestAsync(scope, head, digest, cancellationToken);
}
