using OrleansSync.Convergence.Tests.History;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Where there is one owner and nobody else writes, no commit is ever refused. For plans without rivals.</summary>
internal sealed class LoneOwnerChecker(RunRecord record) : Checker(record)
{
    public override void OnRefusedCommit(ScopeCommit commit) =>
        Report(Verdict.Stuck, $"commit {commit.Sequence} of epoch {commit.Epoch} was refused, and there is no rival");
}
