using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Backend;

/// <summary>A page of a user's dead letters, latest first.</summary>
/// <param name="Letters">What they are about, without what they would write.</param>
/// <param name="Next">Goes on after them; <c>null</c>: there are no more.</param>
[GenerateSerializer, Immutable, Alias("orleanssync.dead-letter-page")]
public sealed record DeadLetterPage([property: Id(0)] ImmutableArray<DeadLetterSummary> Letters, [property: Id(1)] DeadLetterPosition? Next);

/// <summary>A dead letter without what it would write.</summary>
/// <param name="Operation">The refused operation: the letter's name.</param>
/// <param name="Device">Whose it is.</param>
/// <param name="Entity">What it is about.</param>
/// <param name="Kind">What it would do.</param>
/// <param name="Counter">Of its logical timestamp.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="Message">What a resolver failed with, or that nobody has decided about a conflict in time; <c>null</c>: the reason says it all.</param>
/// <param name="Sequence">The commit that refused it.</param>
/// <param name="RecordedAt">Server time of that commit, milliseconds since 1970 UTC.</param>
/// <param name="Transaction">The transaction that it was part of; <c>null</c>: it stood alone.</param>
[GenerateSerializer, Immutable, Alias("orleanssync.dead-letter-summary")]
public sealed record DeadLetterSummary(
    [property: Id(0)] OperationId Operation,
    [property: Id(1)] DeviceId Device,
    [property: Id(2)] EntityKey Entity,
    [property: Id(3)] OperationKind Kind,
    [property: Id(4)] long Counter,
    [property: Id(5)] RejectionReason Reason,
    [property: Id(6)] string? Message,
    [property: Id(7)] long Sequence,
    [property: Id(8)] long RecordedAt,
    [property: Id(9)] TransactionId? Transaction)
{
    public static DeadLetterSummary Of(DeadLetter letter) => new(
        letter.Id, letter.Operation.Device, letter.Operation.Entity, letter.Operation.Kind, letter.Operation.Counter, letter.Reason,
        letter.Message, letter.Sequence, letter.RecordedAt, letter.Operation.Transaction?.Id);
}

/// <summary>What became of a replay.</summary>
/// <param name="Outcome">Of the new operation that the replay wrote; where it is Rejected, the letter stays.</param>
/// <param name="Before">An earlier call had replayed the letter: this one has had no effect, and the outcome is that one's.</param>
public sealed record ReplayResult(Outcome Outcome, bool Before)
{
    /// <summary>The letter is settled and gone.</summary>
    public bool Settled => Outcome.Kind != OutcomeKind.Rejected;
}
