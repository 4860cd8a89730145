using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>
/// What of a scope waits in the conflict inbox, kept in step by the scope's own commits: what a device writes after a parked operation,
/// on the same entity, was written on top of it and is parked behind it.
/// </summary>
internal sealed class OpenConflicts
{
    private readonly Dictionary<string, ParkedOperation> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<(EntityKey Entity, DeviceId Device), List<ParkedOperation>> _waiting = [];

    public int Count => _rows.Count;

    /// <summary>Anew, from the rows of a claim.</summary>
    public void Reset(IEnumerable<EntityRow> rows)
    {
        _rows.Clear();
        _waiting.Clear();
        foreach (var row in rows) Add(row);
    }

    public void OnCommitted(ScopeCommit commit)
    {
        foreach (var (row, _) in commit.Rows)
        {
            if (row.Key.Type != ParkedOperation.Type) continue;
            if (row.Deleted) Remove(row.Key.Id);
            else Add(row);
        }
    }

    /// <summary>
    /// The operation comes after one of its device that waits: it has to wait too. Where the type has another policy by now, only what
    /// waits as part of a transaction holds others up: they may need what it makes.
    /// </summary>
    public bool IsBehind(Operation operation, ConflictPolicy policy)
    {
        if (_rows.Count == 0 || !_waiting.TryGetValue((operation.Entity, operation.Device), out var waiting)) return false;
        return policy == ConflictPolicy.Manual || waiting.Exists(static parked => parked.Transaction is not null);
    }

    /// <summary>What a device's operations on an entity wait with; <c>null</c>: there are none.</summary>
    public OperationId? GroupOf(EntityKey entity, DeviceId device) =>
        _waiting.TryGetValue((entity, device), out var waiting) ? waiting[0].Group : null;

    private void Add(EntityRow row)
    {
        // What it would change is not asked for, and may be large.
        var parked = ParkedOperation.Read(row) with { Changes = [], Before = [] };
        if (!_rows.TryAdd(row.Key.Id, parked)) return;
        var key = (parked.Entity, parked.Device);
        if (!_waiting.TryGetValue(key, out var waiting)) _waiting.Add(key, waiting = []);
        waiting.Add(parked);
    }

    private void Remove(string id)
    {
        if (!_rows.Remove(id, out var parked)) return;
        var key = (parked.Entity, parked.Device);
        if (!_waiting.TryGetValue(key, out var waiting)) return;
        waiting.RemoveAll(one => one.Id == parked.Id);
        if (waiting.Count == 0) _waiting.Remove(key);
    }
}
