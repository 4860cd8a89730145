using System.Globalization;
using System.Text;
using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>
/// The policies that go by stamps: of the last generation each field is what the highest stamp set, from the last whole document on, each counter the sum of its
/// increments, each set holds the tags that were added and that no operation saw and took away, and the entity is dead where its last delete is above its last edit.
/// </summary>
internal sealed class FieldMergeModel : IValueModel
{
    public IEnumerable<Violation> Compare(IReadOnlyList<(JournalRow Row, Operation Operation)> accepted, EntityRow? row)
    {
        var generations = new Generations(accepted);
        if (row is null)
        {
            if (generations.Last > 0) yield return Differs(accepted[0].Row.Entity, "the database has no row");
            yield break;
        }

        var members = accepted.Where(one => generations.Of(one.Row.Operation) == generations.Last).Select(static one => one.Operation).ToArray();
        if (row.Generation != generations.Last) yield return Differs(row.Key, $"generation {row.Generation}, the model says {generations.Last}");
        var dead = Last(members, static operation => operation.Kind == OperationKind.Delete)
            > Last(members, static operation => operation.Kind != OperationKind.Delete);
        if (row.Deleted != dead) yield return Differs(row.Key, $"deleted: {row.Deleted}, the model says {dead}");
        foreach (var violation in ComparePlain(row, members)) yield return violation;
        foreach (var violation in CompareCounters(row, members)) yield return violation;
        foreach (var violation in CompareSets(row, members)) yield return violation;
    }

    private static IEnumerable<Violation> ComparePlain(EntityRow row, Operation[] members)
    {
        var expected = new Dictionary<string, (Stamp Stamp, string? Value)>(StringComparer.Ordinal);
        // What is older than the last whole document is no part of it.
        var whole = members.Where(static operation => operation.WholeDocumentCounter > 0)
            .Select(static operation => new Stamp(operation.WholeDocumentCounter, operation.Device)).DefaultIfEmpty().Max();
        foreach (var operation in members)
        {
            foreach (var change in operation.Changes)
            {
                if (change is not (SetField or RemoveField)) continue;
                var stamp = operation.StampOf(change);
                if (stamp < whole) continue;
                if (expected.TryGetValue(change.Field, out var held) && held.Stamp > stamp) continue;
                expected[change.Field] = (stamp, change is SetField set ? Encoding.UTF8.GetString(set.Value.Utf8.Span) : null);
            }
        }

        var found = row.Fields.OfType<PlainField>().ToDictionary(
            static field => field.Name,
            static field => (field.Stamp, Value: field.Value is { } value ? Encoding.UTF8.GetString(value.Utf8.Span) : null));
        return Unlike(expected, found).Select(text => Differs(row.Key, text));
    }

    private static IEnumerable<Violation> CompareCounters(EntityRow row, Operation[] members)
    {
        var expected = members.SelectMany(static operation => operation.Changes).OfType<IncrementField>().GroupBy(static change => change.Field)
            .ToDictionary(static group => group.Key, static group => group.Aggregate(Int128.Zero, static (sum, change) => sum + change.Delta));
        var found = row.Fields.OfType<CounterField>().ToDictionary(static field => field.Name, static field => field.Value);
        foreach (var (name, sum) in expected)
        {
            var held = found.GetValueOrDefault(name);
            if (held == sum) continue;
            var kind = held > sum ? ViolationKind.Doubled : ViolationKind.Lost;
            yield return new Violation(
                kind, string.Create(CultureInfo.InvariantCulture, $"{row.Key}.{name} is {held}; its increments add up to {sum}"), null, row.Key);
        }

        foreach (var name in found.Keys.Except(expected.Keys)) yield return Differs(row.Key, $"{name} is a counter that nobody incremented");
    }

    private static IEnumerable<Violation> CompareSets(EntityRow row, Operation[] members)
    {
        var added = new HashSet<(string Field, SetElement Element, ElementTag Tag)>();
        var gone = new HashSet<(string Field, SetElement Element, ElementTag Tag)>();
        foreach (var operation in members)
        {
            foreach (var change in operation.Changes)
            {
                if (change is AddElement add)
                {
                    added.Add((add.Field, add.Element, new ElementTag(operation.Device, operation.StampOf(add).Counter, add.Index)));
                    foreach (var tag in add.Observed) gone.Add((add.Field, add.Element, tag));
                }
                else if (change is RemoveElement remove)
                {
                    foreach (var tag in remove.Observed) gone.Add((remove.Field, remove.Element, tag));
                }
            }
        }

        added.ExceptWith(gone);
        var found = row.Fields.OfType<SetFieldValue>()
            .SelectMany(static field => field.Entries.SelectMany(entry => entry.Tags.Select(tag => (field.Name, entry.Element, tag)))).ToHashSet();
        foreach (var (field, element, tag) in added.Except(found))
            yield return new Violation(ViolationKind.Lost, $"{row.Key}.{field} lacks {element} of {tag}, which nobody took away", null, row.Key);
        foreach (var (field, element, tag) in found.Except(added))
            yield return new Violation(ViolationKind.Diverged, $"{row.Key}.{field} has {element} of {tag}, which nobody added or somebody took away", null, row.Key);
    }

    private static IEnumerable<string> Unlike(
        Dictionary<string, (Stamp Stamp, string? Value)> expected, Dictionary<string, (Stamp Stamp, string? Value)> found)
    {
        foreach (var name in expected.Keys.Union(found.Keys))
        {
            var (must, has) = (expected.GetValueOrDefault(name), found.GetValueOrDefault(name));
            if (must != has) yield return $"{name} is {has.Value ?? "absent"} of {has.Stamp}, the model says {must.Value ?? "absent"} of {must.Stamp}";
        }
    }

    private static Stamp Last(Operation[] members, Func<Operation, bool> which) =>
        members.Where(which).Select(static operation => operation.Stamp).DefaultIfEmpty().Max();

    private static Violation Differs(EntityKey entity, string text) => new(ViolationKind.Diverged, $"{entity}: {text}", null, entity);
}
