using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>The server's store, which a test can take away, or hold in the middle of a commit.</summary>
public sealed class HaltingStore(ISyncStore store) : ISyncStore
{
    private volatile TaskCompletionSource? _hold;
    private volatile TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _down;

    /// <summary>Every call fails until it is false again.</summary>
    public bool Down
    {
        get => _down;
        set => _down = value;
    }

    /// <summary>Puts one in front of the store that is registered.</summary>
    public static void Wrap(IServiceCollection services)
    {
        var registered = services.Single(static service => service.ServiceType == typeof(ISyncStore));
        services.Remove(registered);
        services.AddSingleton(provider => new HaltingStore((ISyncStore)registered.ImplementationFactory!(provider)));
        services.AddSingleton<ISyncStore>(static provider => provider.GetRequiredService<HaltingStore>());
    }

    /// <summary>Commits wait until it is released; the task ends when one does.</summary>
    public Task HoldCommits()
    {
        _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _held.Task;
    }

    public void ReleaseCommits() => Interlocked.Exchange(ref _hold, null)?.SetResult();

    public Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Up().ClaimAsync(scope, cancellationToken);

    public async Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken)
    {
        if (_hold is { } hold)
        {
            _held.TrySetResult();
            await hold.Task;
        }

        return await Up().CommitAsync(commit, cancellationToken);
    }

    public Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken) =>
        Up().LoadAsync(scope, keys, cancellationToken);

    public Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken) =>
        Up().ListAsync(scope, type, limit, cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken) =>
        Up().FindOperationsAsync(scope, operations, cancellationToken);

    public Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken) =>
        Up().ReadChangesAsync(query, cancellationToken);

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Up().ReadScopeAsync(scope, cancellationToken);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Up().ListDevicesAsync(scope, cancellationToken);

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken) =>
        Up().RegisterDeviceAsync(scope, device, session, registeredAt, cancellationToken);

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken) =>
        Up().UpdateSessionAsync(scope, device, expected, next, doneBelow, cancellationToken);

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) =>
        Up().RevokeDeviceAsync(scope, device, cancellationToken);

    public Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken) =>
        Up().ListScopesAsync(after, limit, cancellationToken);

    public Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken) =>
        Up().PurgeAsync(request, cancellationToken);

    public Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        Up().FindRecordAsync(scope, operation, cancellationToken);

    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        Up().ListDeadLettersAsync(query, cancellationToken);

    public Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        Up().FindDeadLetterAsync(scope, operation, cancellationToken);

    public Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        Up().RemoveDeadLetterAsync(scope, operation, cancellationToken);

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) =>
        Up().MendDigestAsync(scope, head, digest, cancellationToken);

    public Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken) =>
        Up().BeginLineagesAsync(scopes, through, cancellationToken);

    public Task MarkRestoredAsync(long through, CancellationToken cancellationToken) =>
        Up().MarkRestoredAsync(through, cancellationToken);

    private ISyncStore Up() => _down ? throw new StoreUnavailableException("The test has taken the store away.") : store;
}
