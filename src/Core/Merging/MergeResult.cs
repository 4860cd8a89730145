namespace OrleansSync.Core;

/// <summary>The row after an operation, and what became of the operation.</summary>
/// <param name="Row">The row to commit; the given one (same reference) where the operation left it untouched.</param>
/// <param name="Kind">What became of the operation.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="Concurrent">Another device changed the entity after the operation's base.</param>
public readonly record struct MergeResult(EntityRow? Row, OutcomeKind Kind, RejectionReason Reason, bool Concurrent);
