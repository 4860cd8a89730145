using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>Turns what server code wants changed into an operation on the row that is there.</summary>
internal static class DraftCompletion
{
    /// <param name="draft">With its counter.</param>
    /// <param name="row">What it meets; <c>null</c>: the entity is absent.</param>
    /// <param name="schema">Of the entity's type.</param>
    public static Operation Complete(Operation draft, EntityRow? row, EntitySchema schema)
    {
        var live = row is { Deleted: false } ? row : null;
        if (draft.Kind == OperationKind.Delete) return draft with { Generation = row?.Generation ?? 1 };

        var changes = draft.Kind == OperationKind.Create ? Put(draft, live, schema) : Patch(draft, live);
        var whole = schema.Policy == ConflictPolicy.LastWriterWins;
        return draft with
        {
            Kind = live is null ? OperationKind.Create : OperationKind.Update,
            Generation = live is null && row is not null ? row.Generation + 1 : row?.Generation ?? 1,
            WholeDocumentCounter = whole ? draft.Counter : 0,
            Changes = whole ? WholeDocument(live, changes) : changes,
            Before = schema.Policy == ConflictPolicy.Manual ? Images(live, changes) : [],
        };
    }

    /// <summary>Replaces the plain fields; counters and sets are left as they are.</summary>
    private static ImmutableArray<FieldChange> Put(Operation draft, EntityRow? live, EntitySchema schema)
    {
        var changes = ImmutableArray.CreateBuilder<FieldChange>(draft.Changes.Length);
        foreach (var change in draft.Changes)
        {
            if (IsPlain(schema, live, change.Field)) changes.Add(change);
        }

        if (live is null) return changes.ToImmutable();
        var kept = changes.Select(static change => change.Field).ToHashSet(StringComparer.Ordinal);
        foreach (var field in live.Fields)
        {
            if (field is PlainField { Value: not null } && !kept.Contains(field.Name)) changes.Add(new RemoveField(field.Name));
        }

        return changes.ToImmutable();
    }

    /// <summary>Set elements get the tags that the row shows and a tag index of their own; what has no effect is left out.</summary>
    private static ImmutableArray<FieldChange> Patch(Operation draft, EntityRow? live)
    {
        var changes = ImmutableArray.CreateBuilder<FieldChange>(draft.Changes.Length);
        var index = 0;
        foreach (var change in draft.Changes)
        {
            switch (change)
            {
                case IncrementField { Delta: 0 }:
                    break;
                case AddElement add:
                    changes.Add(add with { Index = index++, Observed = TagsOf(live, add.Field, add.Element) });
                    break;
                case RemoveElement remove:
                    if (TagsOf(live, remove.Field, remove.Element) is { IsEmpty: false } tags) changes.Add(remove with { Observed = tags });
                    break;
                default:
                    changes.Add(change);
                    break;
            }
        }

        return changes.ToImmutable();
    }

    /// <summary>The changes with all plain fields that they do not name: last writer wins is about documents.</summary>
    private static ImmutableArray<FieldChange> WholeDocument(EntityRow? live, ImmutableArray<FieldChange> changes)
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

    private static ImmutableArray<BeforeImage> Images(EntityRow? live, ImmutableArray<FieldChange> changes) =>
    [
        .. changes.Where(static change => change is SetField or RemoveField)
            .Select(change => new BeforeImage(change.Field, (FieldOf(live, change.Field) as PlainField)?.Value)),
    ];

    private static bool IsPlain(EntitySchema schema, EntityRow? live, string field) => schema.InfersKinds
        ? FieldOf(live, field) is null or PlainField
        : schema.KindOf(field) == FieldKind.Plain;

    private static ImmutableArray<ElementTag> TagsOf(EntityRow? live, string field, SetElement element)
    {
        if (FieldOf(live, field) is not SetFieldValue set) return [];
        foreach (var entry in set.Entries)
        {
            if (entry.Element == element) return entry.Tags;
        }

        return [];
    }

    private static Field? FieldOf(EntityRow? row, string name)
    {
        if (row is null) return null;
        foreach (var field in row.Fields)
        {
            if (field.Name == name) return field;
        }

        return null;
    }
}
