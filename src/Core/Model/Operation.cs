using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>What an operation does.</summary>
public enum OperationKind
{
    /// <summary>Makes the entity, or a new generation of it.</summary>
    Create = 1,

    /// <summary>Changes fields of it.</summary>
    Update = 2,

    /// <summary>Leaves a tombstone.</summary>
    Delete = 3,
}

/// <summary>One mutation of one entity, as its device wrote it.</summary>
public sealed record Operation
{
    /// <summary>The idempotency key.</summary>
    public required OperationId Id { get; init; }

    /// <summary>Who wrote it.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>What it is about.</summary>
    public required EntityKey Entity { get; init; }

    /// <summary>What it does.</summary>
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

    /// <summary>What it changes; none where it deletes.</summary>
    public ImmutableArray<FieldChange> Changes { get; init; } = [];

    /// <summary>What the changed fields were before, for types whose conflicts a person resolves.</summary>
    public ImmutableArray<BeforeImage> Before { get; init; } = [];

    /// <summary>The transaction it belongs to; <c>null</c>: it stands alone.</summary>
    public TransactionRef? Transaction { get; init; }

    /// <summary>Its logical timestamp.</summary>
    public Stamp Stamp => new(Counter, Device);

    /// <summary>The stamp of one of this operation's changes: its own counter where compaction kept one.</summary>
    public Stamp StampOf(FieldChange change) => new(change.Counter == 0 ? Counter : change.Counter, Device);
}

/// <summary>Membership in a transaction: 0-based index of count.</summary>
public sealed record TransactionRef(TransactionId Id, int Index, int Count);

/// <summary>What a field was before the change; <c>null</c>: absent.</summary>
public sealed record BeforeImage(string Field, JsonValue? Value);
