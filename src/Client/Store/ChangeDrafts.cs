using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>
/// Turns what an app wants changed into the changes of an operation on a row: set elements get the tags that the row
/// shows and a tag index of their own; what has no effect is left out.
/// </summary>
internal static class ChangeDrafts
{
    public static ImmutableArray<FieldChange> Complete(EntityRow? row, IEnumerable<FieldChange> drafts)
    {
        var changes = ImmutableArray.CreateBuilder<FieldChange>();
        var index = 0;
        foreach (var draft in drafts)
        {
            switch (draft)
            {
                case IncrementField { Delta: 0 }:
                    break;
                case AddElement add:
                    changes.Add(add with { Index = index++, Observed = TagsOf(row, add.Field, add.Element), Counter = 0 });
                    break;
                case RemoveElement remove when TagsOf(row, remove.Field, remove.Element) is { IsEmpty: false } tags:
                    changes.Add(remove with { Observed = tags, Counter = 0 });
                    break;
                case RemoveElement:
                    break;
                default:
                    changes.Add(draft with { Counter = 0 });
                    break;
            }
        }

        return changes.ToImmutable();
    }

    /// <summary>What a field was before a change; only plain fields have a before image.</summary>
    public static ImmutableArray<BeforeImage> Before(EntityRow? row, ImmutableArray<FieldChange> changes) =>
    [
        .. changes.Where(static change => change is SetField or RemoveField)
            .Select(change => new BeforeImage(change.Field, (FieldOf(row, change.Field) as PlainField)?.Value)),
    ];

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
    public static FieldKind KindOf(FieldChange change) => change switch
    {
        IncrementField => FieldKind.Counter,
        AddElement or RemoveElement => FieldKind.Set,
        _ => FieldKind.Plain,
    };

    public static Field? FieldOf(EntityRow? row, string name)
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
