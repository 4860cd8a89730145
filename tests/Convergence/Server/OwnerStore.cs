using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Scheduling;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Server;

/// <summary>
/// The store as one process reaches it: over a network that is slow, breaks, or loses the end of a commit. A process that
/// was killed never hears of anything again, but what it had sent still arrives.
/// </summary>
internal sealed class OwnerStore(ISyncStore inner, string name, SeededScheduler scheduler, Dice dice, Faults faults) : ISyncStore
{
    private readonly TaskCompletionSource _never = new();

    public bool IsDead { get; set; }

    /// <summary>The whole store does not answer.</summary>
    public Func<bool> IsDown { get; init; } = static () => false;

    /// <summary>Ends the process that reaches the store through this.</summary>
    public Action Kill { get; init; } = static () => { };

    /// <summary>Entities whose rows the store cannot hold; a refusal it can.</summary>
    public Func<EntityKey, bool>? IsPoison { get; init; }

    public Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ClaimAsync(scope, cancellationToken));

    public async Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken)
    {
        await ReachAsync();
        if (faults.Strikes(FaultKind.CommitFencedBefore, name)) await inner.ClaimAsync(commit.Scope, cancellationToken);
        if (faults.Strikes(FaultKind.CommitUnknownLost, name)) throw new StoreOutcomeUnknownException("as the dice say");
        if (faults.Strikes(FaultKind.CommitUnknownLate, name))
        {
            scheduler.After(dice.Delay(30, 3_000), () => scheduler.Start("late commit", () => inner.CommitAsync(commit, default)));
            throw new StoreOutcomeUnknownException("as the dice say");
        }

        if (IsPoison is { } poison && commit.Rows.Any(change => poison(change.Row.Key))) return CommitResult.Unstorable;
        if (faults.Strikes(FaultKind.OwnerKilledBeforeCommit, name)) await DieAsync();
        var result = await inner.CommitAsync(commit, cancellationToken);
        if (faults.Strikes(FaultKind.OwnerKilledInCommit, name)) await DieAsync();
        if (faults.Strikes(FaultKind.CommitUnknownCommitted, name)) throw new StoreOutcomeUnknownException("as the dice say");
        await ReturnAsync();
        if (faults.Strikes(FaultKind.OwnerKilledAfterCommit, name)) Kill();
        return result;
    }

    public Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken) =>
        CallAsync(() => inner.LoadAsync(scope, keys, cancellationToken));

    public Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ListAsync(scope, type, limit, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken) =>
        CallAsync(() => inner.FindOperationsAsync(scope, operations, cancellationToken));

    public Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ReadChangesAsync(query, cancellationToken));

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ReadScopeAsync(scope, cancellationToken));

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ListDevicesAsync(scope, cancellationToken));

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken) =>
        CallAsync(() => inner.RegisterDeviceAsync(scope, device, session, registeredAt, cancellationToken));

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken) =>
        CallAsync(() => inner.UpdateSessionAsync(scope, device, expected, next, doneBelow, cancellationToken));

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) =>
        CallAsync(() => inner.RevokeDeviceAsync(scope, device, cancellationToken));

    public Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ListScopesAsync(after, limit, cancellationToken));

    public Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken) =>
        CallAsync(() => inner.PurgeAsync(request, cancellationToken));

    public Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        CallAsync(() => inner.FindRecordAsync(scope, operation, cancellationToken));

    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ListDeadLettersAsync(query, cancellationToken));

    public Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        CallAsync(() => inner.FindDeadLetterAsync(scope, operation, cancellationToken));

    public Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        CallAsync(() => inner.RemoveDeadLetterAsync(scope, operation, cancellationToken));

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) =>
        CallAsync(() => inner.MendDigestAsync(scope, head, digest, cancellationToken));

    public Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken) =>
        CallAsync(() => inner.BeginLineagesAsync(scopes, through, cancellationToken));

    public Task MarkRestoredAsync(long through, CancellationToken cancellationToken) =>
        throw new NotSupportedException("An owner does not.");

    private Task DieAsync()
    {
        Kill();
        return _never.Task;
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        await ReachAsync();
        var result = await call();
        await ReturnAsync();
        return result;
    }

    private async Task ReachAsync()
    {
        if (IsDead) await _never.Task;
        await scheduler.DelayAsync(faults.Strikes(FaultKind.StoreSlow, name) ? dice.Delay(500, 20_000) : dice.Delay(2, 20));
        if (IsDown() || faults.Strikes(FaultKind.StoreUnavailable, name)) throw new StoreUnavailableException("as the dice say");
    }

    private async Task ReturnAsync()
    {
        await scheduler.DelayAsync(dice.Delay(2, 20));
        if (IsDead) await _never.Task;
    }
}
