using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage.InMemory;

/// <summary>One scope's tables. Guarded by the store's lock; the rows themselves never change.</summary>
internal sealed class InMemoryScope(Guid lineage, long restored, TimeProvider time)
{
    private readonly Dictionary<EntityKey, EntityRow> _rows = [];
    private readonly Dictionary<OperationId, JournalEntry> _journal = [];
    private readonly Dictionary<OperationId, long> _journaledAt = [];
    private readonly Dictionary<DeviceId, DeviceRecord> _devices = [];
    private readonly Dictionary<string, TypeDigest> _digests = [];

    // In the order of commits, and of ids within one.
    private readonly SortedDictionary<DeadLetterPosition, DeadLetter> _letters = new(Comparer<DeadLetterPosition>.Create(Compare));

    public ScopeState State { get; private set; } = new(
        Epoch: 0, Head: restored, Guid.Empty, Clock: 0, lineage, Horizon: 0, new SequenceGap(0, restored));

    public IEnumerable<EntityRow> Rows => _rows.Values;

    public IEnumerable<JournalEntry> Journal => _journal.Values;

    public IEnumerable<DeviceRecord> Devices => _devices.Values.OrderBy(device => device.Number);

    public ImmutableArray<TypeDigest> Digests =>
        [.. _digests.Values.Order(Comparer<TypeDigest>.Create((a, b) => Utf8Order.Compare(a.Type, b.Type)))];

    /// <summary>Latest first.</summary>
    public IEnumerable<DeadLetter> DeadLetters => _letters.Values.Reverse();

    public EntityRow? Row(EntityKey key) => _rows.GetValueOrDefault(key);

    public JournalEntry? Operation(OperationId id) => _journal.GetValueOrDefault(id);

    public JournalRecord? Record(OperationId id) => Operation(id) is { } entry ? new(entry, _journaledAt[id]) : null;

    public bool RemoveDeadLetter(OperationId id) =>
        _letters.Values.FirstOrDefault(letter => letter.Id == id) is { } found && _letters.Remove(DeadLetterPosition.Of(found));

    public DeviceRecord? Device(DeviceId id) => _devices.GetValueOrDefault(id);

    public void RaiseEpoch() => State = State with { Epoch = State.Epoch + 1 };

    public void BeginLineage(Guid next, long through)
    {
        var lost = Lineages.After(State.Lost, State.Head, through);
        State = State with
        {
            Epoch = State.Epoch + Lineages.Epochs,
            Head = lost.Through,
            Lineage = next,
            Lost = lost,
        };
        foreach (var device in _devices.Values.ToList()) _devices[device.Device] = device with { Session = new DeviceSession([], []) };
    }

    public bool Accepts(ScopeCommit commit)
    {
        if (commit.Epoch != State.Epoch || commit.Head != State.Head) return false;
        foreach (var change in commit.Rows)
        {
            if ((Row(change.Row.Key)?.Sequence ?? 0) != change.Expected) return false;
        }

        return commit.Operations.All(entry => !_journal.ContainsKey(entry.Operation) && _devices.ContainsKey(entry.Device))
            && commit.Counters.All(counter => _devices.ContainsKey(counter.Device))
            && commit.Rows.DistinctBy(change => change.Row.Key).Count() == commit.Rows.Length
            && commit.Operations.DistinctBy(entry => entry.Operation).Count() == commit.Operations.Length;
    }

    public void Apply(ScopeCommit commit)
    {
        foreach (var change in commit.Rows) _rows[change.Row.Key] = change.Row;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var entry in commit.Operations)
        {
            _journal.Add(entry.Operation, entry);
            _journaledAt.Add(entry.Operation, now);
        }

        if (!commit.DeadLetters.IsEmpty)
        {
            foreach (var letter in DeadLetters.Skip(DeadLetter.MaxKept).ToArray()) _letters.Remove(DeadLetterPosition.Of(letter));
            foreach (var letter in commit.DeadLetters) _letters.Add(DeadLetterPosition.Of(letter), letter);
        }

        foreach (var digest in commit.Digests) _digests[digest.Type] = digest;
        foreach (var (device, counter) in commit.Counters)
            _devices[device] = _devices[device] with { Counter = Math.Max(_devices[device].Counter, counter) };
        State = State with
        {
            Head = commit.Sequence,
            LastCommit = commit.CommitId,
            Clock = Math.Max(State.Clock, commit.Clock),
        };
    }

    public DeviceRecord Register(DeviceId id, DeviceSession session, long registeredAt)
    {
        if (_devices.TryGetValue(id, out var known)) return known;
        var device = new DeviceRecord(id, _devices.Count + 1, Counter: 0, DoneBelow: 0, session, registeredAt, Revoked: false);
        _devices.Add(id, device);
        return device;
    }

    public void Mend(TypeDigest digest) => _digests[digest.Type] = digest;

    public void Update(DeviceRecord device) => _devices[device.Device] = device;

    public PurgeResult Purge(PurgeRequest request)
    {
        EntityRow[] tombstones = [.. _rows.Values.Where(row => row.Deleted && row.DeletedAt < request.DeletedBefore)
            .OrderBy(row => row.DeletedAt).Take(request.MaxRows)];
        JournalEntry[] operations = [.. _journal.Values.Where(entry => _journaledAt[entry.Operation] < request.JournaledBefore && IsDone(entry))
            .OrderBy(entry => entry.Sequence).Take(request.MaxRows)];
        DeadLetter[] letters = [.. _letters.Values.Take(request.MaxRows).Where(letter => letter.RecordedAt < request.DeadLettersBefore)];
        foreach (var letter in letters) _letters.Remove(DeadLetterPosition.Of(letter));
        foreach (var row in tombstones) _rows.Remove(row.Key);
        foreach (var entry in operations)
        {
            _journal.Remove(entry.Operation);
            _journaledAt.Remove(entry.Operation);
        }

        var result = new PurgeResult(tombstones.Length, operations.Length, _rows.Values.Count(row => row.Deleted), letters.Length);
        if (!result.RemovedAny) return result;
        RaiseEpoch();
        State = State with { Horizon = Math.Max(State.Horizon, tombstones.Select(row => row.Sequence).DefaultIfEmpty().Max()) };
        return result;

        bool IsDone(JournalEntry entry) =>
            _devices[entry.Device] is var device && (device.Revoked || device.Device == DeviceId.Backend || entry.Counter < device.DoneBelow);
    }

    public static int Compare(DeadLetterPosition left, DeadLetterPosition right)
    {
        var bySequence = left.Sequence.CompareTo(right.Sequence);
        return bySequence != 0 ? bySequence : left.Operation.Value.CompareTo(right.Operation.Value);
    }
}
