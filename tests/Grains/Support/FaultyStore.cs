using System.Collections.Concurrent;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Tests.Support;

internal enum CommitFault
{
    None,

    /// <summary>Nothing is committed, and the caller is told so.</summary>
    Unavailable,

    /// <summary>Committed, but the caller does not see it.</summary>
    UnknownCommitted,

    /// <summary>Not committed, and the caller does not see that either.</summary>
    UnknownLost,

    /// <summary>Another owner claims the scope just before the commit.</summary>
    FencedBefore,
}

/// <summary>A store that fails where a test says so, and otherwise is the real one beneath.</summary>
internal sealed class FaultyStore(ISyncStore inner) : ISyncStore
{
    private readonly ConcurrentQueue<CommitFault> _faults = new();
    private TaskCompletionSource? _gate;
    private TaskCompletionSource? _loadGate;

    public ConcurrentQueue<ScopeCommit> Committed { get; } = new();

    public ConcurrentQueue<ScopeCommit> Asked { get; } = new();

    public int Claims;

    public int JournalReads;

    public int DeviceReads;

    public int Loads;

    /// <summary>Every method fails while it is set.</summary>
    public volatile bool IsDown;

    public Func<Task>? BeforeClaim { get; set; }

    public Func<CommitFault>? Random { get; set; }

    public Func<JournalEntry, bool>? IsPoison { get; set; }

    public void NextCommits(params CommitFault[] faults)
    {
        foreach (var fault in faults) _faults.Enqueue(fault);
    }

    /// <summary>Commits wait from now on until the returned action is called.</summary>
    public Action HoldCommits()
    {
        var gate = _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return () =>
        {
            if (_gate == gate) _gate = null;
            gate.SetResult();
        };
    }

    /// <summary>Loads wait from now on until the returned action is called.</summary>
    public Action HoldLoads()
    {
        var gate = _loadGate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return gate.SetResult;
    }

    public async Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        Interlocked.Increment(ref Claims);
        if (BeforeClaim is { } before) await before();
        return await inner.ClaimAsync(scope, cancellationToken);
    }

    public async Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken)
    {
        Asked.Enqueue(commit);
        if (_gate is { } gate) await gate.Task;
        ThrowIfDown();
        var fault = _faults.TryDequeue(out var next) ? next : Random?.Invoke() ?? CommitFault.None;
        if (fault == CommitFault.Unavailable) throw new StoreUnavailableException("as told");
        if (fault == CommitFault.UnknownLost) throw new StoreOutcomeUnknownException("as told");
        if (fault == CommitFault.FencedBefore) await inner.ClaimAsync(commit.Scope, cancellationToken);
        if (IsPoison is { } poison && commit.Operations.Any(poison)) return CommitResult.Unstorable;
        var result = await inner.CommitAsync(commit, cancellationToken);
        if (result == CommitResult.Committed) Committed.Enqueue(commit);
        if (fault == CommitFault.UnknownCommitted) throw new StoreOutcomeUnknownException("as told");
        return result;
    }

    public async Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        Interlocked.Increment(ref Loads);
        if (_loadGate is { } gate) await gate.Task;
        return await inner.LoadAsync(scope, keys, cancellationToken);
    }

    public Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        return inner.ListAsync(scope, type, limit, cancellationToken);
    }

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        Interlocked.Increment(ref JournalReads);
        return inner.FindOperationsAsync(scope, operations, cancellationToken);
    }

    public Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken) =>
        inner.ReadChangesAsync(query, cancellationToken);

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        inner.ReadScopeAsync(scope, cancellationToken);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        Interlocked.Increment(ref DeviceReads);
        return inner.ListDevicesAsync(scope, cancellationToken);
    }

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

    public Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken) =>
        inner.PurgeAsync(request, cancellationToken);

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

    private void ThrowIfDown()
    {
        if (IsDown) throw new StoreUnavailableException("down as told");
    }
}
