namespace OrleansSync.Core;

/// <summary>What the server made of an operation.</summary>
public enum OutcomeKind
{
    /// <summary>It took effect.</summary>
    Applied = 1,

    /// <summary>It took effect beside a change of another device.</summary>
    Merged = 2,

    /// <summary>Newer changes stand; it has had no effect.</summary>
    Superseded = 3,

    /// <summary>It waits in the conflict inbox.</summary>
    Parked = 4,

    /// <summary>It was refused.</summary>
    Rejected = 5,
}

/// <summary>Why the rules refused an operation. The numbers are those of the wire and of the journal.</summary>
public enum RejectionReason
{
    /// <summary>It was not refused.</summary>
    None = 0,

    /// <summary>The entity it changes is gone; replay it as a create.</summary>
    EntityGone = 1,

    /// <summary>An earlier operation it depends on was refused, or never arrived.</summary>
    PredecessorRejected = 2,

    /// <summary>Another operation of its transaction was refused.</summary>
    TransactionRejected = 3,

    /// <summary>A change that does not fit the kind of its field.</summary>
    FieldKindMismatch = 4,

    /// <summary>The merged document would pass its limits.</summary>
    DocumentTooLarge = 5,

    /// <summary>The type refuses concurrent changes.</summary>
    Conflict = 6,

    /// <summary>The generation is above the next one that the entity can have.</summary>
    GenerationInvalid = 7,

    /// <summary>The store cannot hold its data.</summary>
    Unstorable = 8,

    /// <summary>Its id was used before with other content.</summary>
    OperationReused = 9,

    /// <summary>It is older than the journal: whether it ran cannot be told.</summary>
    StaleReplay = 10,

    /// <summary>The app's resolver refused it.</summary>
    RefusedByResolver = 11,

    /// <summary>The app's resolver failed on it.</summary>
    ResolverFailed = 12,
}

/// <summary>What became of an operation, and the commit that recorded it.</summary>
public readonly record struct Outcome(OperationId Operation, OutcomeKind Kind, long Sequence, RejectionReason Reason = RejectionReason.None);
