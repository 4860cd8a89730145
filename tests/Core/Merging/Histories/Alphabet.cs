namespace OrleansSync.Core.Tests.Merging.Histories;

/// <summary>What a device of a history can want.</summary>
public enum Intent
{
    Create,
    CreateWhole,
    SetA,
    SetB,
    RemoveA,
    ReplaceWhole,
    Increment,
    AddX,
    AddY,
    RemoveX,
    ChangeAll,
    Delete,
}

/// <summary>A policy and what devices do under it.</summary>
/// <param name="Name">As a test shows it.</param>
/// <param name="Schema">The rules.</param>
/// <param name="OnAbsent">What a device can want where it sees no live entity.</param>
/// <param name="OnLive">What a device can want where it sees one.</param>
public sealed record Alphabet(string Name, EntitySchema Schema, Intent[] OnAbsent, Intent[] OnLive)
{
    private static readonly EntitySchema Type = new EntitySchema(Make.Entity.Type).Counter("n").Set("s");

    private static readonly Intent[] Edits = [Intent.SetA, Intent.SetB, Intent.RemoveA, Intent.Delete];

    private static readonly Intent[] AllKinds =
        [Intent.SetA, Intent.SetB, Intent.RemoveA, Intent.Increment, Intent.AddX, Intent.AddY, Intent.RemoveX, Intent.ChangeAll, Intent.Delete];

    /// <summary>Small enough to play every history of 6 operations. One edit touches a field of every kind.</summary>
    public static IReadOnlyList<Alphabet> Small { get; } =
    [
        new("ByTimestamp", Type, [Intent.Create], [Intent.ChangeAll, Intent.Delete]),
        new("EditWins", Type with { OnDelete = DeletePolicy.EditWins }, [Intent.Create], [Intent.ChangeAll, Intent.Delete]),
        new("DeleteWins", Type with { OnDelete = DeletePolicy.DeleteWins }, [Intent.Create], [Intent.ChangeAll, Intent.Delete]),
        new("LastWriterWins", Type with { Policy = ConflictPolicy.LastWriterWins }, [Intent.CreateWhole], [Intent.ReplaceWhole, Intent.SetB]),
        new("Sets", Type, [Intent.Create], [Intent.AddX, Intent.RemoveX]),
    ];

    /// <summary>Everything that a device can want, for longer histories.</summary>
    public static IReadOnlyList<Alphabet> Large { get; } =
    [
        new("FieldMerge, ByTimestamp", Type, [Intent.Create], Edits),
        new("FieldMerge, EditWins", Type with { OnDelete = DeletePolicy.EditWins }, [Intent.Create], Edits),
        new("FieldMerge, DeleteWins", Type with { OnDelete = DeletePolicy.DeleteWins }, [Intent.Create], Edits),
        new("LastWriterWins", Type with { Policy = ConflictPolicy.LastWriterWins }, [Intent.CreateWhole],
            [Intent.ReplaceWhole, Intent.Increment, Intent.AddX, Intent.Delete]),
        new("LastWriterWins beside field merge", Type, [Intent.Create, Intent.CreateWhole],
            [Intent.ReplaceWhole, Intent.SetA, Intent.SetB, Intent.RemoveA, Intent.Delete]),
        new("Counters", Type, [Intent.Create], [Intent.Increment, Intent.Increment, Intent.Increment, Intent.Delete]),
        new("Sets", Type, [Intent.Create], [Intent.AddX, Intent.RemoveX, Intent.AddX, Intent.RemoveX, Intent.AddY, Intent.Delete]),
        new("Mixed, ByTimestamp", Type, [Intent.Create, Intent.CreateWhole], [.. AllKinds, Intent.ReplaceWhole]),
        new("Mixed, EditWins", Type with { OnDelete = DeletePolicy.EditWins }, [Intent.Create], AllKinds),
        new("Mixed, DeleteWins", Type with { OnDelete = DeletePolicy.DeleteWins }, [Intent.Create], AllKinds),
    ];

    /// <summary>The changes of an intent. Values and deltas name the writer, so that no two are equal by chance.</summary>
    public static FieldChange[] Changes(Intent intent, EntityRow? local, int device, long counter)
    {
        var mark = (counter * 10) + device;
        return intent switch
        {
            Intent.Create => [Set("a", mark), Add("n", mark), AddTo("x", 0, local)],
            Intent.CreateWhole or Intent.ReplaceWhole => [Set("a", mark)],
            Intent.SetA => [Set("a", mark)],
            Intent.SetB => [Set("b", mark)],
            Intent.RemoveA => [new RemoveField("a")],
            Intent.Increment => [Add("n", mark)],
            Intent.AddX => [AddTo("x", 0, local)],
            Intent.AddY => [AddTo("y", 0, local)],
            Intent.RemoveX => [new RemoveElement("s", SetElement.Of("x"), Observed(local, "x"))],
            Intent.ChangeAll => [Set("a", mark), Add("n", mark), AddTo("x", 0, local)],
            _ => [],
        };
    }

    public override string ToString() => Name;

    private static SetField Set(string field, long mark) => new(field, JsonValue.FromText(mark.ToString()));

    private static IncrementField Add(string field, long mark) => new(field, mark);

    private static AddElement AddTo(string element, int index, EntityRow? local) =>
        new("s", SetElement.Of(element), index, Observed(local, element));

    /// <summary>A create carries no tags: what a tombstone hides does not travel.</summary>
    private static System.Collections.Immutable.ImmutableArray<ElementTag> Observed(EntityRow? local, string element)
    {
        if (local is null || local.Deleted) return [];
        foreach (var field in local.Fields)
        {
            if (field is not SetFieldValue set) continue;
            foreach (var entry in set.Entries)
            {
                if (entry.Element.Text == element) return entry.Tags;
            }
        }

        return [];
    }
}
