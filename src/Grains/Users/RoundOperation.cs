using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Users;

/// <summary>An operation's part in one run of a round.</summary>
internal sealed class RoundOperation(PendingOperation pending, CommitUnit unit, int arrival)
{
    public PendingOperation Pending { get; } = pending;

    public CommitUnit Unit { get; } = unit;

    public EntityKey Entity => Pending.Entity;

    public RejectionReason Refusal { get; set; }

    public bool IsDeferred { get; set; }

    /// <summary>It goes to the conflict inbox.</summary>
    public bool IsParked { get; set; }

    public bool IsActive => Refusal == RejectionReason.None && !IsDeferred && !IsParked;

    /// <summary>What its entity said last.</summary>
    public MergedOperation? Merged { get; set; }

    /// <summary>The entity's staged row holds its effect.</summary>
    public bool WasAccepted => Merged is { Kind: not (OutcomeKind.Rejected or OutcomeKind.Parked) };

    /// <summary>It is refused, and nobody but the server may be left to look at it: server code has its answer at once.</summary>
    public bool IsDeadLetter => !IsParked && (Refusal != RejectionReason.None || Merged is { Kind: OutcomeKind.Rejected }) && !Pending.Batch.IsWrite;

    public static int ByTimestamp(RoundOperation left, RoundOperation right)
    {
        var byStamp = left.Pending.Operation.Stamp.CompareTo(right.Pending.Operation.Stamp);
        return byStamp != 0 ? byStamp : left.Arrival.CompareTo(right.Arrival);
    }

    private int Arrival { get; } = arrival;

    public Outcome OutcomeAt(long sequence) => Refusal != RejectionReason.None
        ? new(Pending.Operation.Id, OutcomeKind.Rejected, sequence, Refusal)
        : IsParked ? new(Pending.Operation.Id, OutcomeKind.Parked, sequence)
        : new(Pending.Operation.Id, Merged!.Value.Kind, sequence, Merged.Value.Reason);
}
