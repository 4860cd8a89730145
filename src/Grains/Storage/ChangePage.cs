using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>A position in a scope's changes, in the order (sequence, type, id); rows after it follow.</summary>
public readonly record struct ChangePosition(long Sequence, string Type, string Id) : IComparable<ChangePosition>
{
    /// <summary>After everything up to and including a sequence.</summary>
    public static ChangePosition AfterSequence(long sequence) => new(sequence + 1, "", "");

    public static ChangePosition AfterRow(EntityRow row) => new(row.Sequence, row.Key.Type, row.Key.Id);

    public static ChangePosition AfterRow(StoredRow row) => new(row.Sequence, row.Type, row.Id);

    /// <summary>Texts by their UTF-8 bytes, as databases do.</summary>
    public int CompareTo(ChangePosition other)
    {
        var order = Sequence.CompareTo(other.Sequence);
        if (order == 0) order = Utf8Order.Compare(Type, other.Type);
        return order != 0 ? order : Utf8Order.Compare(Id, other.Id);
    }
}

/// <summary>Asks for one page.</summary>
public sealed record ChangeQuery
{
    public required ScopeId Scope { get; init; }

    /// <summary>Rows strictly greater in (sequence, type, id).</summary>
    public required ChangePosition After { get; init; }

    /// <summary>Empty: all types.</summary>
    public ImmutableArray<string> Types { get; init; } = [];

    /// <summary>
    /// Tombstones with a sequence up to this one are left out. <c>null</c>: up to the head of this page's snapshot, which
    /// is what the first page of a bootstrap asks for; its later pages give that first head.
    /// </summary>
    public long? SkipTombstonesThrough { get; init; } = 0;

    /// <summary>Whose outcomes to return; <c>null</c>: none.</summary>
    public DeviceId? Device { get; init; }

    /// <summary>Outcomes with a sequence above this one.</summary>
    public long OutcomesAfter { get; init; }

    public int MaxRows { get; init; } = 1_000;

    /// <summary>The page ends with the row that reaches this many bytes of type, id and the two encoded columns.</summary>
    public int MaxBytes { get; init; } = 1024 * 1024;

    /// <summary>The page is cut before the sequence that would pass it; at least one whole sequence is returned.</summary>
    public int MaxOutcomes { get; init; } = 5_000;
}

/// <summary>One page of changes and the head it was read with, in one snapshot.</summary>
public sealed record ChangePage
{
    public required ScopeState State { get; init; }

    public required StoredRows Stored { get; init; }

    /// <summary>The rows, decoded at each call.</summary>
    public ImmutableArray<EntityRow> Rows => [.. Stored.Decode()];

    /// <summary>The device's outcomes with a sequence in (OutcomesAfter, Through], in order of sequence.</summary>
    public required ImmutableArray<Outcome> Outcomes { get; init; }

    /// <summary>The page reaches the head: nothing up to it is missing.</summary>
    public required bool Complete { get; init; }

    /// <summary>Where the next page starts. Complete: after the head.</summary>
    public required ChangePosition Next { get; init; }

    /// <summary>Outcomes up to this sequence are in the page; the head where complete.</summary>
    public required long Through { get; init; }

    /// <summary>Totals per type as of the head, by type; empty unless complete.</summary>
    public ImmutableArray<TypeDigest> Digests { get; init; } = [];
}
