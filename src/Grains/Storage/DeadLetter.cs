using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>
/// An operation of a device that was refused, whole, so that it can be looked at and replayed. Written in the commit that refuses it; or,
/// where it waited in the conflict inbox and nobody has decided in time, in the one that takes it out.
/// </summary>
/// <param name="Operation">As its device sent it; one of the inbox as <see cref="ParkedOperation.ToOperation"/> has it.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="Message">What a resolver failed with, or that nobody has decided, at most <see cref="MaxMessage"/> characters; <c>null</c>: the reason says it all.</param>
/// <param name="Sequence">The commit that refused it.</param>
/// <param name="RecordedAt">Server time of that commit, milliseconds since 1970 UTC.</param>
[GenerateSerializer, Immutable, Alias("orleanssync.dead-letter")]
public sealed record DeadLetter(
    [property: Id(0)] Operation Operation,
    [property: Id(1)] RejectionReason Reason,
    [property: Id(2)] string? Message,
    [property: Id(3)] long Sequence,
    [property: Id(4)] long RecordedAt)
{
    /// <summary>Characters of a message.</summary>
    public const int MaxMessage = 500;

    /// <summary>Letters that a user may have; <see cref="ScopeCommit.DeadLetters"/> says what becomes of more.</summary>
    public const int MaxKept = 1_000;

    public OperationId Id => Operation.Id;
}

/// <summary>Asks for a page of a scope's dead letters, latest first.</summary>
public sealed record DeadLetterQuery
{
    public required ScopeId Scope { get; init; }

    /// <summary>The last letter of the page before; <c>null</c>: from the latest.</summary>
    public DeadLetterPosition? Before { get; init; }

    /// <summary>At most so many.</summary>
    public int MaxLetters { get; init; } = 100;
}

/// <summary>A letter's place in the order of commits, and within one in that of ids.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.dead-letter-position")]
public readonly record struct DeadLetterPosition([property: Id(0)] long Sequence, [property: Id(1)] OperationId Operation)
{
    public static DeadLetterPosition Of(DeadLetter letter) => new(letter.Sequence, letter.Id);
}

/// <summary>A journal entry, and when it was committed: milliseconds since 1970 UTC, by the store's clock.</summary>
public sealed record JournalRecord(JournalEntry Entry, long CommittedAt);
