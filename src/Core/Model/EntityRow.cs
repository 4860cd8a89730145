using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>An entity as of its last change: the unit that merges, commits and travels. Immutable.</summary>
public sealed record EntityRow
{
    /// <summary>How many generations' births a row remembers; an operation that saw none of them is superseded.</summary>
    public const int MaxBirths = 16;

    /// <summary>Which entity it is.</summary>
    public required EntityKey Key { get; init; }

    /// <summary>Number of the commit of the last change: the row's version.</summary>
    public required long Sequence { get; init; }

    /// <summary>How often the entity has been created after a delete, from 1.</summary>
    public int Generation { get; init; } = 1;

    /// <summary>A tombstone. Its fields stay in the server's row, because a newer edit restores the whole document.</summary>
    public bool Deleted { get; init; }

    /// <summary>Server time of the deletion, milliseconds since 1970 UTC; 0: live.</summary>
    public long DeletedAt { get; init; }

    /// <summary>K: plain fields stamped below it have dropped.</summary>
    public Stamp DocumentStamp { get; init; }

    /// <summary>The highest stamp of an edit (create or update) in this generation.</summary>
    public Stamp LastEdit { get; init; }

    /// <summary>The highest stamp of a delete in this generation.</summary>
    public Stamp LastDelete { get; init; }

    /// <summary>
    /// Sequence of the first commit since the entity was last absent; where that was a create over a tombstone purged meanwhile,
    /// the tombstone's, which is the base of all that follows the create on its device.
    /// </summary>
    public long Birth { get; init; }

    /// <summary>Sequence that opened each of the last generations, oldest first; the last is the current one's.</summary>
    public ImmutableArray<long> Births { get; init; } = [];

    /// <summary>Sorted by ordinal name; one entry a name.</summary>
    public ImmutableArray<Field> Fields { get; init; } = [];

    /// <summary>The latest changes of two distinct devices, latest first.</summary>
    public DevicePair Changes { get; init; }

    /// <summary>The latest edits of two distinct devices in this generation, latest first; deletes never enter.</summary>
    public DevicePair Edits { get; init; }
}

/// <summary>Sequences of the latest changes of two distinct devices, latest first; sequence 0: none.</summary>
public readonly record struct DevicePair(DeviceId First, long FirstSequence, DeviceId Second, long SecondSequence)
{
    /// <summary>The latest sequence at which a device other than this one changed the row; 0: none.</summary>
    public long LatestOfOthers(DeviceId device) => First == device ? SecondSequence : FirstSequence;

    /// <summary>With a change of this device as the latest.</summary>
    public DevicePair With(DeviceId device, long sequence) => FirstSequence == 0 || First == device
        ? this with { First = device, FirstSequence = sequence }
        : new DevicePair(device, sequence, First, FirstSequence);
}

/// <summary>A field of a row.</summary>
public abstract record Field(string Name);

/// <summary>A plain value and who set it; <c>null</c>: removed (a stamped absent value).</summary>
public sealed record PlainField(string Name, Stamp Stamp, JsonValue? Value) : Field(Name);

/// <summary>A sum of increments. Read saturating at the bounds of a 64-bit integer.</summary>
public sealed record CounterField(string Name, Int128 Value) : Field(Name)
{
    /// <summary>The value within the bounds of a 64-bit integer.</summary>
    public long Saturated => Value > long.MaxValue ? long.MaxValue : Value < long.MinValue ? long.MinValue : (long)Value;
}

/// <summary>Elements with the tags that hold them, sorted by element; an element without a tag is not listed.</summary>
public sealed record SetFieldValue(string Name, ImmutableArray<SetEntry> Entries) : Field(Name);

/// <summary>An element and its tags, sorted; never empty.</summary>
public sealed record SetEntry(SetElement Element, ImmutableArray<ElementTag> Tags);
