using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Every operation is in the journal at most once, and at rest exactly once; nothing is there that nobody wrote.</summary>
internal sealed class JournalChecker(RunRecord record) : Checker(record)
{
    private readonly HashSet<OperationId> _journal = [];

    public override void OnCommit(ScopeCommit commit)
    {
        foreach (var entry in commit.Operations)
        {
            var written = Record.Find(entry.Operation);
            if (written is null) Report(Verdict.Doubled, $"commit {commit.Sequence} has an operation that nobody wrote");
            else if (!_journal.Add(entry.Operation)) Report(Verdict.Doubled, $"in the journal again, by commit {commit.Sequence}", written);
        }
    }

    public override void AtRest(AtRest rest)
    {
        foreach (var written in Record.Operations)
        {
            if (_journal.Contains(written.Operation.Id)) continue;
            if (written.Acknowledged) Report(Verdict.Lost, "acknowledged, and not in the journal", written);
            else if (!Record.Revoked.Contains(written.Device)) Report(Verdict.Lost, "not in the journal", written);
        }
    }
}
