using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>One round of one scope: all of it commits under sequence <see cref="Head"/> + 1, or none.</summary>
public sealed record ScopeCommit
{
    public required ScopeId Scope { get; init; }

    /// <summary>The epoch of the claim; the commit is refused when the scope has a later one.</summary>
    public required long Epoch { get; init; }

    /// <summary>The head this round builds on; the commit is refused when it is another.</summary>
    public required long Head { get; init; }

    /// <summary>Tells, after an unknown outcome, whether this very commit is the last one.</summary>
    public required Guid CommitId { get; init; }

    /// <summary>The highest counter the scope has seen, this round included.</summary>
    public required long Clock { get; init; }

    /// <summary>At most one an entity.</summary>
    public ImmutableArray<RowChange> Rows { get; init; } = [];

    /// <summary>At most one an operation id; rejections too.</summary>
    public ImmutableArray<JournalEntry> Operations { get; init; } = [];

    /// <summary>The highest committed counter of each device of the round. A stored counter never goes down, nor does the clock.</summary>
    public ImmutableArray<DeviceCounter> Counters { get; init; } = [];

    /// <summary>New totals of the types that changed.</summary>
    public ImmutableArray<TypeDigest> Digests { get; init; } = [];

    /// <summary>
    /// Of the operations that are refused, or that wait no more in the conflict inbox, those that are kept whole. Of the letters that were
    /// there before, the latest <see cref="DeadLetter.MaxKept"/> stay.
    /// </summary>
    public ImmutableArray<DeadLetter> DeadLetters { get; init; } = [];

    public long Sequence => Head + 1;

    /// <summary>Stores call it first: a row or entry of another sequence would tear the log, and no fence would notice.</summary>
    /// <exception cref="InvalidOperationException">
    /// A row or an operation is not of this round's sequence, or a dead letter is not of an operation that it refuses or takes out of the inbox.
    /// </exception>
    public void Validate()
    {
        foreach (var change in Rows) Require(change.Row.Sequence, change.Row.Key);
        foreach (var entry in Operations) Require(entry.Sequence, entry.Operation);
        if (!DeadLetters.IsEmpty) ValidateLetters();

        void Require<T>(long sequence, T what)
        {
            if (sequence != Sequence) throw new InvalidOperationException($"{what} has sequence {sequence}; the round's is {Sequence}.");
        }
    }

    private void ValidateLetters()
    {
        var refused = Operations.Where(static entry => entry.Outcome == OutcomeKind.Rejected).Select(static entry => entry.Operation).ToHashSet();
        var givenUp = Rows.Where(static change => change.Row.Deleted).Select(static change => change.Row.Key).ToHashSet();
        foreach (var letter in DeadLetters)
        {
            // Each once, too.
            if (letter.Sequence != Sequence || !(refused.Remove(letter.Id) || givenUp.Remove(ParkedOperation.KeyOf(letter.Id))))
                throw new InvalidOperationException($"{letter.Id} is a dead letter of sequence {letter.Sequence}; the round {Sequence} neither refuses it nor takes it out of the inbox.");
        }
    }
}

/// <summary>A row and the sequence of the one it was merged from (0: absent); refused when the stored one is another.</summary>
public sealed record RowChange(EntityRow Row, long Expected);

/// <summary>What became of an operation, for good: the answer to every repetition of its id.</summary>
public sealed record JournalEntry(
    OperationId Operation,
    DeviceId Device,
    long Counter,
    EntityKey Entity,
    OperationKind Kind,
    OutcomeKind Outcome,
    RejectionReason Reason,
    long Sequence,
    UInt128 ContentHash);

public readonly record struct DeviceCounter(DeviceId Device, long Counter);

/// <summary>Sum mod 2^128 of the row hashes of a type's live rows, and their number.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.type-digest")]
public readonly record struct TypeDigest([property: Id(0)] string Type, [property: Id(1)] UInt128 Digest, [property: Id(2)] long Rows);

public enum CommitResult
{
    /// <summary>Durable.</summary>
    Committed = 1,

    /// <summary>
    /// Nothing was committed: the epoch, the head, a row's sequence or a journal key was not as expected, a device is not
    /// registered, or the round names an entity or an operation twice.
    /// </summary>
    Refused = 2,

    /// <summary>
    /// Nothing was committed: the store cannot hold some value in it (see <see cref="StorableText"/> for what none can).
    /// Split to find the operation.
    /// </summary>
    Unstorable = 3,
}
