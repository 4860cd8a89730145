using System.Collections.Immutable;

namespace OrleansSync.Core;

public enum OperationKind
{
    Create = 1,
    Update = 2,
    Delete = 3,
}

/// <summary>One mutation of one entity, as its device wrote it.</summary>
public sealed record Operation
{
    public required OperationId Id { get; init; }

    public required DeviceId Device { get; init; }

    public required EntityKey Entity { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>Counter of the logical timestamp; at least 1.</summary>
    public required long Counter { get; init; }

    /// <summary>Sequence of the server row the device had when it wrote; 0: none.</summary>
    public long Base { get; init; }

    /// <summary>
    /// The device's visible cursor when it wrote; 0: none. An operation without a base tells by it what its device could not know,
    /// so it is 0 for a type that the device does not hold completely, and what follows a blind create that is not in the cursor yet
    /// carries the create's: it is about the same entity, wherever the cursor has moved since.
    /// </summary>
    public long Seen { get; init; }

    /// <summary>The generation the device saw; 1 for an entity it did not know.</summary>
    public int Generation { get; init; } = 1;

    /// <summary>Above 0: the operation carries the whole document as of this counter.</summary>
    public long WholeDocumentCounter { get; init; }

    public ImmutableArray<FieldChange> Changes { get; init; } = [];

    public ImmutableArray<BeforeImage> Before { get; init; } = [];

    public TransactionRef? Transaction { get; init; }

    public Stamp Stamp => new(Counter, Device);

    /// <summary>The stamp of one of this operation's changes: its own counter where compaction kept one.</summary>
    public Stamp StampOf(FieldChange change) => new(change.Counter == 0 ? Counter : change.Counter, Device);
}

/// <summary>Membership in a transaction: 0-based index of count.</summary>
public sealed record TransactionRef(TransactionId Id, int Index, int Count);

/// <summary>What a field was before the change; <c>null</c>: absent.</summary>
public sealed record BeforeImage(string Field, JsonValue? Value);
