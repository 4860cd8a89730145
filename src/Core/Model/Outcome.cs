namespace OrleansSync.Core;

public enum OutcomeKind
{
    Applied = 1,
    Merged = 2,
    Superseded = 3,
    Parked = 4,
    Rejected = 5,
}

/// <summary>Why the rules refused an operation. The numbers are those of the wire and of the journal.</summary>
public enum RejectionReason
{
    None = 0,
    EntityGone = 1,
    PredecessorRejected = 2,
    TransactionRejected = 3,
    FieldKindMismatch = 4,
    DocumentTooLarge = 5,
    Conflict = 6,
    GenerationInvalid = 7,
    Unstorable = 8,
    OperationReused = 9,
    StaleReplay = 10,
}

/// <summary>What became of an operation, and the commit that recorded it.</summary>
public readonly record struct Outcome(OperationId Operation, OutcomeKind Kind, long Sequence, RejectionReason Reason = RejectionReason.None);
