using OrleansSync.Chaos.Workload;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>
/// The journal played again through the merge alone, commit after commit: what every row and the digest were at every
/// sequence.
/// </summary>
internal sealed class Timeline
{
    private readonly Dictionary<EntityKey, List<EntityRow>> _versions = [];
    private readonly List<(long Sequence, UInt128 Digest)> _digests = [(0, UInt128.Zero)];
    private readonly List<(JournalRow Journal, MergeResult Result)> _unlike = [];

    public Timeline(UserRecord user)
    {
        UInt128 digest = 0;
        foreach (var commit in user.Accepted().GroupBy(static one => one.Row.Sequence))
        {
            foreach (var (row, operation) in commit)
            {
                var before = At(row.Entity, long.MaxValue);
                var context = new MergeContext(Workloads.Of(row.Entity.Type).Schema, row.Sequence, 0, Limits.Default);
                var result = Merge.Apply(before, operation, context);
                // Of a tombstone that was purged before it came there was nothing left.
                if (result.Kind != row.Outcome && user.Scope.MayBePurged(before)) result = Merge.Apply(null, operation, context);
                if (result.Kind != row.Outcome) _unlike.Add((row, result));
                if (result.Row is null || ReferenceEquals(result.Row, before)) continue;
                digest = unchecked(digest - Digest.OfRow(before) + Digest.OfRow(result.Row));
                Put(result.Row);
            }

            _digests.Add((commit.Key, digest));
        }
    }

    public IEnumerable<EntityKey> Entities => _versions.Keys;

    /// <summary>Operations whose outcome in the journal is not what the merge says.</summary>
    public IReadOnlyList<(JournalRow Journal, MergeResult Result)> Unlike => _unlike;

    /// <summary>The row as it was at a sequence; <c>null</c>: there was none.</summary>
    public EntityRow? At(EntityKey entity, long sequence)
    {
        if (!_versions.TryGetValue(entity, out var versions)) return null;
        var i = versions.Count - 1;
        while (i >= 0 && versions[i].Sequence > sequence) i--;
        return i < 0 ? null : versions[i];
    }

    /// <summary>All versions of an entity, oldest first.</summary>
    public IReadOnlyList<EntityRow> Versions(EntityKey entity) => _versions.TryGetValue(entity, out var versions) ? versions : [];

    /// <summary>The digest of all live rows at a sequence.</summary>
    public UInt128 DigestAt(long sequence)
    {
        var i = _digests.Count - 1;
        while (_digests[i].Sequence > sequence) i--;
        return _digests[i].Digest;
    }

    // A commit that touches a row twice leaves one version.
    private void Put(EntityRow row)
    {
        if (!_versions.TryGetValue(row.Key, out var versions)) _versions.Add(row.Key, versions = []);
        if (versions.Count > 0 && versions[^1].Sequence == row.Sequence) versions[^1] = row;
        else versions.Add(row);
    }
}
