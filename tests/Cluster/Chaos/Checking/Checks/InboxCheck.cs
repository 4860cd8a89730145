using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking.Checks;

/// <summary>
/// What was parked waits in the inbox as it was written, until somebody settles it, once; and what its device wrote after it on the entity did not
/// go past it.
/// </summary>
internal sealed class InboxCheck : ICheck
{
    public IEnumerable<Violation> Run(UserRecord user)
    {
        var rows = user.Scope.Rows.Where(static row => row.Key.Type == ParkedOperation.Type).ToDictionary(static row => row.Key);
        var settled = user.Journal.Values.Where(static row => row.Entity.Type == ParkedOperation.Type && row.Outcome != OutcomeKind.Rejected)
            .ToLookup(static row => row.Entity);
        foreach (var parked in user.Journal.Values.Where(static row => row.Outcome == OutcomeKind.Parked))
        {
            if (!user.Operations.TryGetValue(parked.Operation, out var operation)) continue;
            var key = ParkedOperation.KeyOf(operation.Id);
            var ends = settled[key].ToArray();
            rows.Remove(key, out var row);
            if (Judge(user, operation, row, ends) is { } fact)
                yield return new Violation(ends.Length > 1 ? ViolationKind.Doubled : ViolationKind.Lost, $"parked operation {parked.Operation} {fact}", parked.Operation, parked.Entity);
            if (PassedBy(user, parked, ends) is { } other)
            {
                yield return new Violation(
                    ViolationKind.Diverged, $"operation {other.Operation} was {other.Outcome}, past {parked.Operation} of the same device, which waits", other.Operation, parked.Entity);
            }
        }

        foreach (var stray in rows.Keys) yield return new Violation(ViolationKind.Diverged, $"{stray} is in the inbox, and no operation of the journal was parked so", null, stray);
    }

    private static string? Judge(UserRecord user, Operation operation, EntityRow? row, JournalRow[] ends)
    {
        if (ends.Length > 1) return $"was settled {ends.Length} times";
        if (row is null) return ends.Length == 1 && ends[0].Sequence <= user.Scope.Horizon ? null : "is not in the inbox";
        if (row.Deleted != (ends.Length == 1)) return row.Deleted ? "left the inbox, and nobody settled it" : "was settled, and is in the inbox";
        if (row.Deleted) return null;
        var waits = ParkedOperation.Read(row);
        var same = (waits.Entity, waits.Device, waits.Kind, waits.Counter) == (operation.Entity, operation.Device, operation.Kind, operation.Counter)
            && waits.Changes.Select(static change => change with { Counter = 0 }).SequenceEqual(operation.Changes.Select(static change => change with { Counter = 0 }));
        return same ? null : "waits otherwise than it was written";
    }

    private static JournalRow? PassedBy(UserRecord user, JournalRow parked, JournalRow[] ends)
    {
        var until = ends.Length > 0 ? ends[0].Sequence : long.MaxValue;
        return user.Journal.Values.FirstOrDefault(other => other.Device == parked.Device && other.Entity == parked.Entity
            && other.Outcome is not (OutcomeKind.Parked or OutcomeKind.Rejected) && other.Counter > parked.Counter
            && other.Sequence >= parked.Sequence && other.Sequence < until && !Settles(user, other));
    }

    private static bool Settles(UserRecord user, JournalRow row) =>
        user.Operations.GetValueOrDefault(row.Operation)?.Transaction is { Id: var id }
        && user.Operations.Values.Any(other => other.Transaction?.Id == id && other.Entity.Type == ParkedOperation.Type);
}
