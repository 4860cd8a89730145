using OrleansSync.Convergence.Tests.History;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.Checkers;

/// <summary>Every row is what the journal's accepted operations give through the merge, and the digests are of these rows.</summary>
internal sealed class ReplayChecker(RunRecord record) : Checker(record)
{
    public override void OnCommit(ScopeCommit commit)
    {
        foreach (var (fact, operation) in Record.Oracle.Apply(commit, id => Record.Find(id)?.Operation))
            Report(Verdict.Diverged, $"commit {commit.Sequence}: {fact}", operation is { } id ? Record.Find(id) : null);
    }

    public override void AtRest(AtRest rest)
    {
        var stored = rest.Page.Rows.ToDictionary(static row => row.Key);
        foreach (var key in Record.Oracle.Keys)
        {
            var (expected, row) = (Record.Oracle.Last(key), stored.GetValueOrDefault(key));
            if (!Rows.Same(expected, row)) Report(Verdict.Diverged, $"stored {Rows.Text(row)} where the journal gives {Rows.Text(expected)}");
        }

        foreach (var type in rest.Page.Rows.GroupBy(static row => row.Key.Type))
        {
            var digest = rest.Page.Digests.FirstOrDefault(digest => digest.Type == type.Key);
            if (digest.Digest != Digest.OfRows(type) || digest.Rows != type.Count(static row => !row.Deleted))
                Report(Verdict.Diverged, $"the digest of {type.Key} is not that of its rows");
        }
    }
}
