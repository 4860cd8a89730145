using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>
/// Turns what an app or server code wants changed into the changes of an operation on the row that it sees. The same for both, so that a
/// write means the same wherever it is made.
/// </summary>
public static class ChangeDrafts
{
    /// <summary>
    /// Changes that replace the plain fields by these: those that are not named are removed. Counters and sets are left as they are.
    /// </summary>
    public static ImmutableArray<FieldChange> Put(EntitySchema schema, EntityRow? live, IEnumerable<FieldChange> fields)
    {
        var changes = ImmutableArray.CreateBuilder<FieldChange>();
        foreach (var field in fields)
        {
            if (KindOf(schema, live, field.Field) == FieldKind.Plain) changes.Add(field);
        }

        if (live is null) return changes.DrainToImmutable();
        var kept = changes.Select(static change => change.Field).ToHashSet(StringComparer.Ordinal);
        changes.AddRange(live.Fields.OfType<PlainField>()
            .Where(field => field.Value is not null && !kept.Contains(field.Name))
            .Select(static field => new RemoveField(field.Name)));
        return changes.DrainToImmutable();
    }

    /// <summary>Set elements get the tags that the row shows and a tag index of their own; what has no effect is left out.</summary>
    public static ImmutableArray<FieldChange> Patch(EntityRow? live, IEnumerable<FieldChange> wanted)
    {
        var changes = ImmutableArray.CreateBuilder<FieldChange>();
        var index = 0;
        foreach (var change in wanted)
        {
            switch (change)
            {
                case IncrementField { Delta: 0 }:
                    break;
                case AddElement add:
                    changes.Add(add with { Index = index++, Observed = TagsOf(live, add.Field, add.Element), Counter = 0 });
                    break;
                case RemoveElement remove when TagsOf(live, remove.Field, remove.Element) is { IsEmpty: false } tags:
                    changes.Add(remove with { Observed = tags, Counter = 0 });
                    break;
                case RemoveElement:
                    break;
                default:
                    changes.Add(change with { Counter = 0 });
                    break;
            }
        }

        return changes.ToImmutable();
    }

    /// <summary>The changes with all plain fields that they do not name: last writer wins is about documents.</summary>
    public static ImmutableArray<FieldChange> WholeDocument(EntityRow? live, ImmutableArray<FieldChange> changes)
    {
        if (live is null) return changes;
        var named = changes.Select(static change => change.Field).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. changes.Where(static change => change is not RemoveField),
            .. live.Fields.OfType<PlainField>().Where(field => field.Value is not null && !named.Contains(field.Name))
                .Select(static field => new SetField(field.Name, field.Value!.Value)),
        ];
    }

    /// <summary>What the plain fields of changes were, for types where somebody decides by it: a person, or a resolver.</summary>
    public static ImmutableArray<BeforeImage> Before(EntitySchema schema, EntityRow? row, ImmutableArray<FieldChange> changes) =>
        schema.Policy is not (ConflictPolicy.Manual or ConflictPolicy.Custom) ? [] :
        [
            .. changes.Where(static change => change is SetField or RemoveField)
                .Select(change => new BeforeImage(change.Field, (FieldOf(row, change.Field) as PlainField)?.Value)),
        ];

    /// <summary>A create over a tombstone that is seen opens the next generation.</summary>
    public static int GenerationOf(EntityRow? row, OperationKind kind) =>
        row is null ? 1 : row.Deleted && kind == OperationKind.Create ? row.Generation + 1 : row.Generation;

    /// <summary>The kind of a field: as declared, or as it is where kinds are taken from the changes.</summary>
    public static FieldKind KindOf(EntitySchema schema, EntityRow? row, string field) => schema.InfersKinds
        ? FieldOf(row, field) switch
        {
            CounterField => FieldKind.Counter,
            SetFieldValue => FieldKind.Set,
            _ => FieldKind.Plain,
        }
        : schema.KindOf(field);

    /// <summary>The kind of field that a change is for.</summary>
    public static FieldKind KindOf(FieldChange change) => FieldKinds.Of(change);

    private static Field? FieldOf(EntityRow? row, string name)
    {
        if (row is null) return null;
        foreach (var field in row.Fields)
        {
            if (field.Name == name) return field;
        }

        return null;
    }

    private static ImmutableArray<ElementTag> TagsOf(EntityRow? row, string field, SetElement element)
    {
        if (FieldOf(row, field) is not SetFieldValue set) return [];
        foreach (var entry in set.Entries)
        {
            if (entry.Element == element) return entry.Tags;
        }

        return [];
    }
}
