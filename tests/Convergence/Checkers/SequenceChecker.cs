using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Commits are numbered 1, 2, 3 … without gaps or doubles, and owners follow each other by epoch.</summary>
internal sealed class SequenceChecker(RunRecord record) : Checker(record)
{
    private long _head;
    private long _epoch;

    public override void OnCommit(ScopeCommit commit)
    {
        if (commit.Sequence != _head + 1) Report(Verdict.Diverged, $"commit {commit.Sequence} after {_head}");
        if (commit.Epoch < _epoch) Report(Verdict.Diverged, $"commit {commit.Sequence} by epoch {commit.Epoch} after epoch {_epoch}");
        (_head, _epoch) = (Math.Max(_head, commit.Sequence), Math.Max(_epoch, commit.Epoch));
    }

    public override void AtRest(AtRest rest)
    {
        if (rest.Page.State.Head != _head) Report(Verdict.Diverged, $"the head is {rest.Page.State.Head} after commit {_head}");
    }
}
