using OrleansSync.Convergence.Tests.History;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>A transaction is in one commit with all of its operations, and all of them are refused or none, and parked or none.</summary>
internal sealed class TransactionChecker(RunRecord record) : Checker(record)
{
    public override void OnCommit(ScopeCommit commit)
    {
        var members = commit.Operations.Select(entry => (Entry: entry, Written: Record.Find(entry.Operation)))
            .Where(static one => one.Written?.Operation.Transaction is not null);
        foreach (var transaction in members.GroupBy(static one => one.Written!.Operation.Transaction!.Id))
        {
            var first = transaction.First().Written!;
            var count = first.Operation.Transaction!.Count;
            if (transaction.Count() != count) Report(Verdict.Torn, $"commit {commit.Sequence} has {transaction.Count()} of {count} operations", first);
            if (transaction.Select(static one => one.Entry.Outcome == OutcomeKind.Rejected).Distinct().Count() > 1)
                Report(Verdict.Torn, $"commit {commit.Sequence} refuses a part of it", first);
            if (transaction.Select(static one => one.Entry.Outcome == OutcomeKind.Parked).Distinct().Count() > 1)
                Report(Verdict.Torn, $"commit {commit.Sequence} parks a part of it", first);
        }
    }
}
