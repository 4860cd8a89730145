using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Backend;

/// <summary>What became of a write.</summary>
/// <param name="Operations">One an operation, in the write's order.</param>
public sealed record WriteResult(ImmutableArray<OperationResult> Operations)
{
    /// <summary>What became of the operation; of several, the one that went least well.</summary>
    public OutcomeKind Kind => Operations.Max(static operation => operation.Kind);

    /// <summary>Why it was refused; of several operations, the reason of the one that was.</summary>
    public RejectionReason Reason
    {
        get
        {
            var refused = Operations.FirstOrDefault(static operation =>
                operation.Reason is not (RejectionReason.None or RejectionReason.TransactionRejected));
            return refused.Reason != RejectionReason.None ? refused.Reason : Operations[0].Reason;
        }
    }

    /// <summary>The commit that recorded it; of an entity that it changed, the version. 0: it is recorded nowhere.</summary>
    public long Sequence => Operations[0].Sequence;

    /// <summary>It was not refused.</summary>
    public bool Accepted => Kind != OutcomeKind.Rejected;
}

/// <summary>What became of one operation.</summary>
/// <param name="Type">Of its entity.</param>
/// <param name="Id">Of its entity.</param>
/// <param name="Kind">Applied, or what else.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="Sequence">The commit that recorded it; 0: none.</param>
public readonly record struct OperationResult(string Type, string Id, OutcomeKind Kind, RejectionReason Reason, long Sequence);
