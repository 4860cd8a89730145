using OrleansSync.Chaos.Workload;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>
/// Every row of the database is what its type's model says and, to the byte, what the merge makes of the journal; so are
/// the outcomes and the digests.
/// </summary>
internal sealed class ValuesCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        var rows = user.Scope.Rows.ToDictionary(static row => row.Key);
        var accepted = user.Accepted().ToLookup(static one => one.Row.Entity);
        foreach (var entity in accepted.Select(static group => group.Key).Union(rows.Keys))
        {
            // The inbox has a check of its own.
            if (entity.Type == ParkedOperation.Type) continue;
            var row = rows.GetValueOrDefault(entity);
            if (row is null && user.Scope.MayBePurged(user.Timeline.At(entity, long.MaxValue))) continue;
            foreach (var violation in Workloads.Of(entity.Type).Model.Compare([.. accepted[entity]], row)) yield return violation;
            if (Comparable.Of(user.Timeline.At(entity, long.MaxValue)) != Comparable.Of(row))
                yield return new Violation(ViolationKind.Diverged, $"{entity} in the database is not what the merge makes of the journal", null, entity);
        }

        foreach (var (journal, result) in user.Timeline.Unlike)
        {
            yield return new Violation(
                ViolationKind.Diverged, $"operation {journal.Operation} was {journal.Outcome}; the merge says {result.Kind}", journal.Operation, journal.Entity);
        }

        foreach (var type in user.Scope.Rows.GroupBy(static row => row.Key.Type))
        {
            if (user.Scope.Digests.GetValueOrDefault(type.Key) != Digest.OfRows(type))
                yield return new Violation(ViolationKind.Diverged, $"{user.User}: the digest of {type.Key} in the database is not that of its rows");
        }
    }
}
