using OrleansSync.Core;

namespace OrleansSync.Grains.Storage.InMemory;

/// <summary>
/// The readable reference: one lock, nothing durable. What it does is what the others must do; tests/Storage compares.
/// For tests and simulations.
/// </summary>
/// <param name="newLineage">Makes the lineage of a new scope; <c>null</c>: random.</param>
/// <param name="time">The clock of the journal; <c>null</c>: the system's.</param>
public sealed class InMemoryStore(Func<Guid>? newLineage = null, TimeProvider? time = null) : ISyncStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ScopeId, InMemoryScope> _scopes = [];
    private long _restored;

    public Task<ScopeClaim> ClaimAsync(ScopeId scope, CancellationToken cancellationToken) => Locked(() =>
    {
        var claimed = GetOrAdd(scope);
        claimed.RaiseEpoch();
        return new ScopeClaim(claimed.State, [.. claimed.Devices], claimed.Digests);
    }, cancellationToken);

    public Task<CommitResult> CommitAsync(ScopeCommit commit, CancellationToken cancellationToken) => Locked(() =>
    {
        commit.Validate();
        if (!StorableText.IsStorable(commit)) return CommitResult.Unstorable;
        if (!_scopes.TryGetValue(commit.Scope, out var scope) || !scope.Accepts(commit)) return CommitResult.Refused;
        scope.Apply(commit);
        return CommitResult.Committed;
    }, cancellationToken);

    public Task<IReadOnlyList<EntityRow>> LoadAsync(
        ScopeId scope, IReadOnlyCollection<EntityKey> keys, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<EntityRow>>(
            () => _scopes.TryGetValue(scope, out var found) ? [.. keys.Distinct().Select(found.Row).OfType<EntityRow>()] : [],
            cancellationToken);

    public Task<IReadOnlyList<EntityRow>> ListAsync(ScopeId scope, string type, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<EntityRow>>(
            () => _scopes.TryGetValue(scope, out var found)
                ?
                [
                    .. found.Rows.Where(row => row.Key.Type == type && !row.Deleted)
                        .OrderBy(static row => row.Key.Id, Comparer<string>.Create(Utf8Order.Compare)).Take(limit),
                ]
                : [],
            cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> FindOperationsAsync(
        ScopeId scope, IReadOnlyCollection<OperationId> operations, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<JournalEntry>>(
            () => _scopes.TryGetValue(scope, out var found)
                ? [.. operations.Distinct().Select(found.Operation).OfType<JournalEntry>()]
                : [],
            cancellationToken);

    public Task<JournalRecord?> FindRecordAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        Locked(() => _scopes.GetValueOrDefault(scope)?.Record(operation), cancellationToken);

    public Task<ChangePage?> ReadChangesAsync(ChangeQuery query, CancellationToken cancellationToken) => Locked(() =>
    {
        if (!_scopes.TryGetValue(query.Scope, out var scope)) return null;
        var skipThrough = query.SkipTombstonesThrough ?? scope.State.Head;
        var rows = scope.Rows
            .Where(row => ChangePosition.AfterRow(row).CompareTo(query.After) > 0)
            .Where(row => query.Types.IsEmpty || query.Types.Contains(row.Key.Type))
            .Where(row => !row.Deleted || row.Sequence > skipThrough)
            .OrderBy(ChangePosition.AfterRow)
            .Select(StoredRow.Of);
        var outcomes = scope.Journal
            .Where(entry => entry.Device == query.Device && entry.Sequence > query.OutcomesAfter)
            .OrderBy(entry => entry.Sequence)
            .Select(entry => new Outcome(entry.Operation, entry.Outcome, entry.Sequence, entry.Reason));
        using var taken = new PageRows(query);
        taken.Fill(rows);
        return ChangePageAssembly.Assemble(query, scope.State, taken, outcomes, () => scope.Digests);
    }, cancellationToken);

    public Task<ScopeState?> ReadScopeAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Locked(() => _scopes.GetValueOrDefault(scope)?.State, cancellationToken);

    public Task<IReadOnlyList<DeviceRecord>> ListDevicesAsync(ScopeId scope, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DeviceRecord>>(
            () => _scopes.TryGetValue(scope, out var found) ? [.. found.Devices] : [], cancellationToken);

    public Task<DeviceRecord> RegisterDeviceAsync(
        ScopeId scope, DeviceId device, DeviceSession session, long registeredAt, CancellationToken cancellationToken) =>
        Locked(() => GetOrAdd(scope).Register(device, session, registeredAt), cancellationToken);

    public Task<bool> UpdateSessionAsync(
        ScopeId scope, DeviceId device, DeviceSession expected, DeviceSession next, long doneBelow, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            if (!_scopes.TryGetValue(scope, out var found) || found.Device(device) is not { } known) return false;
            if (known.Revoked || known.Session != expected) return false;
            found.Update(known with { Session = next, DoneBelow = Math.Max(known.DoneBelow, doneBelow) });
            return true;
        }, cancellationToken);

    public Task<bool> RevokeDeviceAsync(ScopeId scope, DeviceId device, CancellationToken cancellationToken) => Locked(() =>
    {
        if (!_scopes.TryGetValue(scope, out var found) || found.Device(device) is not { } known) return false;
        found.Update(known with { Revoked = true });
        found.RaiseEpoch();
        return true;
    }, cancellationToken);

    public Task<IReadOnlyList<ScopeId>> ListScopesAsync(ScopeId? after, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<ScopeId>>(
            () => [.. _scopes.Keys.Where(scope => after is not { } last || Utf8Order.Compare(scope.Value, last.Value) > 0)
                .Order(Comparer<ScopeId>.Create(static (left, right) => Utf8Order.Compare(left.Value, right.Value))).Take(limit)],
            cancellationToken);

    public Task<PurgeResult> PurgeAsync(PurgeRequest request, CancellationToken cancellationToken) =>
        Locked(() => _scopes.TryGetValue(request.Scope, out var found) ? found.Purge(request) : default, cancellationToken);

    public Task<bool> MendDigestAsync(ScopeId scope, long head, TypeDigest digest, CancellationToken cancellationToken) => Locked(() =>
    {
        if (!_scopes.TryGetValue(scope, out var found) || found.State.Head != head) return false;
        found.Mend(digest);
        found.RaiseEpoch();
        return true;
    }, cancellationToken);

    public Task<IReadOnlyList<DeadLetter>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DeadLetter>>(
            () => _scopes.TryGetValue(query.Scope, out var found)
                ? [.. found.DeadLetters.Where(letter => query.Before is not { } last || InMemoryScope.Compare(DeadLetterPosition.Of(letter), last) < 0)
                    .Take(query.MaxLetters)]
                : [],
            cancellationToken);

    public Task<DeadLetter?> FindDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) => Locked(
        () => _scopes.GetValueOrDefault(scope)?.DeadLetters.FirstOrDefault(letter => letter.Id == operation), cancellationToken);

    public Task<bool> RemoveDeadLetterAsync(ScopeId scope, OperationId operation, CancellationToken cancellationToken) =>
        Locked(() => _scopes.TryGetValue(scope, out var found) && found.RemoveDeadLetter(operation), cancellationToken);

    public Task<int> BeginLineagesAsync(IReadOnlyCollection<ScopeId> scopes, long through, CancellationToken cancellationToken) => Locked(() =>
    {
        var found = scopes.Distinct().Select(scope => _scopes.GetValueOrDefault(scope)).OfType<InMemoryScope>().ToList();
        foreach (var scope in found) scope.BeginLineage(NewLineage(), through);
        return found.Count;
    }, cancellationToken);

    public Task MarkRestoredAsync(long through, CancellationToken cancellationToken) =>
        Locked(() => _restored = Math.Max(_restored, through), cancellationToken);

    private InMemoryScope GetOrAdd(ScopeId scope)
    {
        StorableText.Require(scope);
        if (_scopes.TryGetValue(scope, out var found)) return found;
        return _scopes[scope] = new InMemoryScope(NewLineage(), _restored, time ?? TimeProvider.System);
    }

    private Guid NewLineage() => newLineage?.Invoke() ?? Guid.NewGuid();

    private Task<T> Locked<T>(Func<T> body, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<T>(cancellationToken);
        lock (_gate)
        {
            return Task.FromResult(body());
        }
    }
}
