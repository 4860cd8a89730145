using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Users;

/// <summary>Gives operations their outcomes and callers their answers, once each, and then tells the watchers.</summary>
internal sealed class Answers(
    ChangeLogContext context, LogState state, PushQueue queue, Deduplication deduplication, Action<CommitNotice> onCommit)
{
    /// <summary>The commit is durable.</summary>
    public void Committed(RoundCommit commit)
    {
        // Before anybody hears of it: who reads the log finds a commit in front of what follows from it.
        context.Logger.Recorded(commit.Commit.Operations);
        foreach (var (operation, outcome) in commit.Outcomes) Answer(operation, outcome);
        onCommit(commit.NoticeFor(context.Options.Limits, context.Time.GetUtcNow().ToUnixTimeMilliseconds()));
        if (context.Metrics is { } metrics) commit.Measure(metrics, context.Schema);
    }

    /// <summary>The outcome is not of a commit of now: the journal has it, or no journal ever will.</summary>
    public void AnswerKnown(PendingOperation operation, Outcome outcome)
    {
        context.Logger.Known(outcome);
        Answer(operation, outcome);
    }

    private void Answer(PendingOperation operation, Outcome outcome)
    {
        if (operation.Outcome is not null) return;
        operation.Outcome = outcome;
        deduplication.Forget(operation);
        if (operation.Batch.OnAnswered(state.Clock)) queue.Release(operation.Batch);
        for (var i = 0; i < operation.Duplicates.Count; i++)
        {
            context.Logger.Known(outcome);
            Answer(operation.Duplicates[i], outcome);
        }
    }

    /// <summary>Not even the refusal can be stored; repeating the operations leads to it again.</summary>
    public void Unstorable(CommitUnit unit)
    {
        foreach (var operation in unit.Operations.Where(static operation => operation.IsFresh))
        {
            AnswerKnown(operation, Deduplication.Refusal(operation, RejectionReason.Unstorable));
        }
    }

    public void Fail(IEnumerable<CommitUnit> units, PushStatus status)
    {
        foreach (var unit in units) Fail(unit.Batch, status);
    }

    /// <summary>
    /// The batch gets no outcomes; nor does one that waits for an outcome of it, which has to send the operation itself.
    /// </summary>
    public void Fail(PendingBatch batch, PushStatus status, int faultIndex = -1)
    {
        if (!batch.Fail(NoOutcome(status, faultIndex))) return;
        queue.Release(batch);
        // A counter is the fault of this batch alone; a refused device is that of all of its batches.
        var toOthers = status == PushStatus.CounterAhead ? PushStatus.Unavailable : status;
        foreach (var operation in batch.Operations)
        {
            deduplication.Forget(operation);
            foreach (var duplicate in operation.Duplicates) Fail(duplicate.Batch, toOthers);
        }
    }

    public PushReply NoOutcome(PushStatus status, int faultIndex = -1)
    {
        var retry = status is PushStatus.Unavailable or PushStatus.Overloaded;
        return new(status, [], state.Clock, retry ? context.Options.RetryAfter : TimeSpan.Zero, faultIndex);
    }
}
