using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>Proof that a write is on the local disk, and a way to wait for the server's word on it.</summary>
public sealed class WriteReceipt
{
    // One for all: it is held for a few instructions, and a device may have a receipt for each of 100,000 waiting operations.
    private static readonly Lock Gate = new();

    // Made when somebody asks: most writes are never waited for.
    private TaskCompletionSource<WriteOutcome>? _completion;
    private WriteOutcome? _soFar;
    private int _open;
    private bool _isAbandoned;

    internal WriteReceipt(List<Operation> operations)
    {
        var ids = new OperationId[operations.Count];
        for (var i = 0; i < ids.Length; i++) ids[i] = operations[i].Id;
        (Operations, _open) = (ids, ids.Length);
        if (_open == 0) _soFar = new WriteOutcome(OutcomeKind.Applied);
    }

    /// <summary>
    /// Ids of the operations that the write put into the log, in order; the same ids stand in the server's journal. Empty:
    /// there was nothing to change.
    /// </summary>
    public IReadOnlyList<OperationId> Operations { get; }

    /// <summary>
    /// Completes when the server has recorded what became of the write; of several operations it is the weightiest outcome.
    /// Never completes while the device is offline: give it a timeout (<c>WaitAsync</c>). Cancelled when the store is
    /// disposed first; the write itself stays in the log.
    /// </summary>
    public Task<WriteOutcome> Outcome
    {
        get
        {
            lock (Gate)
            {
                if (_completion is null)
                {
                    _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    Complete();
                }

                return _completion.Task;
            }
        }
    }

    /// <summary>A write that changed nothing.</summary>
    internal static WriteReceipt Nothing { get; } = new([]);

    /// <summary>One of its operations has an outcome; once for each.</summary>
    internal void Settle(WriteOutcome outcome)
    {
        lock (Gate)
        {
            _soFar = _soFar is { } before ? WriteOutcome.Combine(before, outcome) : outcome;
            _open--;
            Complete();
        }
    }

    internal void Abandon()
    {
        lock (Gate)
        {
            _isAbandoned = true;
            Complete();
        }
    }

    // Continuations run elsewhere, so this is safe under the lock.
    private void Complete()
    {
        if (_open == 0) _completion?.TrySetResult(_soFar!);
        else if (_isAbandoned) _completion?.TrySetCanceled();
    }
}

/// <summary>What became of a write on the server.</summary>
/// <param name="Kind">
/// Applied: took effect. Merged: took effect beside a change of another device. Superseded: newer changes stand. Parked:
/// waits in the conflict inbox. Rejected: refused; it is among the dead letters.
/// </param>
/// <param name="Reason">Why it was refused by the rules; <see cref="RejectionReason.None"/> for a refusal as malformed.</param>
/// <param name="Message">What the server said, for a person; <c>null</c> where it said nothing.</param>
public sealed record WriteOutcome(OutcomeKind Kind, RejectionReason Reason = RejectionReason.None, string? Message = null)
{
    /// <summary>The outcome of a write of several operations: the one an app most needs to know of.</summary>
    internal static WriteOutcome Combine(WriteOutcome first, WriteOutcome second)
    {
        if (first.Kind == second.Kind)
        {
            // The operation that was refused for its own sake tells more than those that fell with it.
            return first.Reason is RejectionReason.TransactionRejected or RejectionReason.PredecessorRejected ? second : first;
        }

        var (low, high) = Weight(first.Kind) < Weight(second.Kind) ? (first, second) : (second, first);
        return high.Kind == OutcomeKind.Superseded && low.Kind == OutcomeKind.Applied ? new WriteOutcome(OutcomeKind.Merged) : high;
    }

    private static int Weight(OutcomeKind kind) => kind switch
    {
        OutcomeKind.Applied => 0,
        OutcomeKind.Superseded => 1,
        OutcomeKind.Merged => 2,
        OutcomeKind.Parked => 3,
        _ => 4,
    };
}
