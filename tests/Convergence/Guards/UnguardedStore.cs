using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Guards;

/// <summary>What keeps commits of a store apart from each other.</summary>
[Flags]
internal enum StoreGuards
{
    None = 0,

    /// <summary>A commit is refused when it is of another epoch or builds on another head.</summary>
    Fence = 1,

    /// <summary>A commit is refused when the journal has one of its operations.</summary>
    JournalKeys = 2,

    /// <summary>A commit is refused when a row is not the one it was merged from.</summary>
    RowSequences = 4,
}

/// <summary>A store of one scope from which guards have been taken out. With all of them it does what the reference does.</summary>
internal sealed class UnguardedStore(StoreGuards missing) : ISyncStore
{
    private readonly Dictionary<EntityKey, EntityRow> _rows = [];
    private readonly Dictionary<OperationId, JournalEntry> _journal = [];
    private readonly Dictionary<DeviceId, DeviceRecord> _devices = [];
    private readonly SortedDictionary<string, TypeDigest> _digests = new(StringComparer.Ordinal);
    private ScopeState _state = new(0, 0, Guid.Empty, 0, new Guid("0a11ce00-0000-4000-8000-000000000002"), 0);

    public Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken)
    {
        _state = _state with { Epoch = _state.Epoch + 1 };
        return Task.FromResult(new ScopeClaim(_state, Devices(), [.. _digests.Values]));
    }

    public Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken)
    {
        commit.Validate();
        if (!Accepts(commit)) return Task.FromResult(CommitResult.Refused);
        foreach (var change in commit.Rows) _rows[change.Row.Key] = change.Row;
        foreach (var entry in commit.Operations) _journal[entry.Operation] = entry;
        foreach (var digest in commit.Digests) _digests[digest.Type] = digest;
        foreach (var (device, counter) in commit.Counters)
            _devices[device] = _devices[device] with { Counter = Math.Max(_devices[device].Counter, counter) };
        _state = _state with
        {
            Head = Math.Max(_state.Head, commit.Sequence),
            LastCommit = commit.CommitId,
            Clock = Math.Max(_state.Clock, commit.Clock),
        };
        return Task.FromResult(CommitResult.Committed);
    }

    public Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EntityRow>>([.. keys.Select(key => _rows.GetValueOrDefault(key)).OfType<EntityRow>()]);

    public Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EntityRow>>([.. _rows.Values.Where(row => row.Key.Type == type && !row.Deleted).Take(limit)]);

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JournalEntry>>([.. operations.Select(id => _journal.GetValueOrDefault(id)).OfType<JournalEntry>()]);

    public Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken)
    {
        var skipThrough = query.SkipTombstonesThrough ?? _state.Head;
        var rows = _rows.Values
            .Where(row => ChangePosition.AfterRow(row).CompareTo(query.After) > 0 && (!row.Deleted || row.Sequence > skipThrough))
            .OrderBy(ChangePosition.AfterRow).Select(StoredRow.Of);
        var outcomes = _journal.Values
            .Where(entry => entry.Device == query.Device && entry.Sequence > query.OutcomesAfter).OrderBy(static entry => entry.Sequence)
            .Select(static entry => new Outcome(entry.Operation, entry.Outcome, entry.Sequence, entry.Reason));
        using var taken = new PageRows(query);
        taken.Fill(rows);
        return Task.FromResult<ChangePage?>(ChangePageAssembly.Assemble(query, _state, taken, outcomes, () => [.. _digests.Values]));
    }

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) => Task.FromResult<ScopeState?>(_state);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DeviceRecord>>(Devices());

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken)
    {
        if (!_devices.ContainsKey(device)) _devices.Add(device, new(device, _devices.Count + 1, 0, 0, session, registeredAt, false));
        return Task.FromResult(_devices[device]);
    }

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken)
    {
        if (!_devices.TryGetValue(device, out var known) || known.Session != expected) return Task.FromResult(false);
        _devices[device] = known with { Session = next, DoneBelow = Math.Max(known.DoneBelow, doneBelow) };
        return Task.FromResult(true);
    }

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    public Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    /// <summary>It keeps everything.</summary>
    public Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken) => Task.FromResult<PurgeResult>(default);

    public Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    public Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    public Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    public Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    public Task MarkRestoredAsync(long through, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No guard is shown by it.");

    private bool Accepts(ScopeCommit commit)
    {
        var fenced = commit.Epoch != _state.Epoch || commit.Head != _state.Head;
        if (Has(StoreGuards.Fence) && fenced) return false;
        if (Has(StoreGuards.JournalKeys) && commit.Operations.Any(entry => _journal.ContainsKey(entry.Operation))) return false;
        return !Has(StoreGuards.RowSequences)
            || commit.Rows.All(change => (_rows.GetValueOrDefault(change.Row.Key)?.Sequence ?? 0) == change.Expected);
    }

    private bool Has(StoreGuards guard) => !missing.HasFlag(guard);

    private ImmutableArray<DeviceRecord> Devices() => [.. _devices.Values.OrderBy(static device => device.Number)];
}
