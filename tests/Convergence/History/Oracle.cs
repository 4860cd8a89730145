using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.History;

/// <summary>
/// What the server must hold: what the journal says was accepted, commit after commit, each in timestamp order, through the
/// merge alone, and in the inbox what it says was parked. It keeps every version of every row, so that any cursor can be asked for.
/// </summary>
internal sealed class Oracle(SyncSchema schema)
{
    private readonly Dictionary<EntityKey, List<EntityRow>> _versions = [];
    private readonly HashSet<(EntityKey Key, long Sequence)> _purged = [];

    public IReadOnlyCollection<EntityKey> Keys => _versions.Keys;

    /// <summary>The row that the store has; none: there never was one, or its tombstone was purged.</summary>
    public EntityRow? Last(EntityKey key) =>
        _versions.TryGetValue(key, out var versions) && !_purged.Contains((key, versions[^1].Sequence)) ? versions[^1] : null;

    /// <summary>A tombstone of the entity between these sequences was purged: what came after it has nothing to do with what was before.</summary>
    public bool WasPurged(EntityKey key, long from, long before) => _purged.Any(purged => purged.Key == key && purged.Sequence >= from && purged.Sequence < before);

    /// <summary>Tombstones that are not among what is left are gone.</summary>
    public void Purged(IEnumerable<EntityRow> left)
    {
        var kept = left.Select(static row => row.Key).ToHashSet();
        foreach (var key in _versions.Keys)
        {
            if (Last(key) is { Deleted: true, Sequence: var sequence } && !kept.Contains(key)) _purged.Add((key, sequence));
        }
    }

    /// <summary>The row as of a sequence, as it travels: a device may hold a tombstone that was purged.</summary>
    public EntityRow? At(EntityKey key, long cursor)
    {
        if (!_versions.TryGetValue(key, out var versions)) return null;
        for (var i = versions.Count - 1; i >= 0; i--)
        {
            if (versions[i].Sequence <= cursor) return versions[i];
        }

        return null;
    }

    /// <summary>Applies a commit's journal entries; answers what of it the rules do not give.</summary>
    public IEnumerable<(string Fact, OperationId? Operation)> Apply(ScopeCommit commit, Func<OperationId, Operation?> find)
    {
        var changed = new Dictionary<EntityKey, EntityRow>();
        var journaled = commit.Operations.Where(static entry => entry.Outcome != OutcomeKind.Rejected)
            .Select(entry => new Journaled(entry, find(entry.Operation)!)).Where(static one => one.Operation is not null)
            .OrderBy(static one => one.Operation.Stamp).ToList();
        var inbox = new InboxRules(schema, this, journaled.Select(static one => one.Operation));
        foreach (var (entry, operation) in journaled)
        {
            var before = changed.GetValueOrDefault(entry.Entity) ?? Last(entry.Entity);
            var merged = Merge.Apply(before, operation, new MergeContext(Rows.SchemaOf(schema, entry.Entity), commit.Sequence, 0, Limits.Default));
            if (entry.Outcome == OutcomeKind.Parked)
            {
                inbox.Parked(operation, merged.Kind == OutcomeKind.Parked);
                if (InboxRules.RowOf(operation, commit) is { } parked) changed[parked.Key] = parked;
                else yield return ("parked, and its row was not committed", entry.Operation);
                continue;
            }

            if (inbox.HasToWait(operation)) yield return ($"the journal says {entry.Outcome}, though it comes after one of its device that waits", entry.Operation);
            if (merged.Concurrent && inbox.IsDecision(operation)) yield return ("decided over a change that nobody saw", entry.Operation);
            if (merged.Kind != entry.Outcome) yield return ($"the journal says {entry.Outcome}, the rules {merged.Kind}", entry.Operation);
            if (merged.Row is { } row && !ReferenceEquals(row, before)) changed[entry.Entity] = row;
        }

        foreach (var operation in inbox.ParkedWithoutReason()) yield return ("parked without a reason", operation);
        foreach (var (key, row) in changed)
        {
            if (!_versions.TryGetValue(key, out var versions)) _versions.Add(key, versions = []);
            versions.Add(row);
        }

        foreach (var change in commit.Rows)
        {
            if (!changed.Remove(change.Row.Key, out var row)) yield return ($"{change.Row.Key} was committed, but nothing changed it", null);
            else if (!Rows.Same(row, change.Row)) yield return ($"committed {Rows.Text(change.Row)} where the rules give {Rows.Text(row)}", null);
        }

        foreach (var key in changed.Keys) yield return ($"{key} changed and was not committed", null);
    }

    private sealed record Journaled(JournalEntry Entry, Operation Operation);
}
