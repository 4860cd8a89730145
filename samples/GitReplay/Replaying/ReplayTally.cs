using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>What was replayed, counted.</summary>
internal sealed class ReplayTally
{
    private readonly List<Task<WriteOutcome>> _outcomes = [];

    public int Commits { get; private set; }

    public int EmptyCommits { get; private set; }

    public int OfflineCommits { get; set; }

    public int Authors { get; set; }

    public int Transactions { get; private set; }

    public long Changes { get; private set; }

    public long Operations { get; private set; }

    /// <summary>Entries of numstat: with lines, binary (without), and of submodules (one line each, as git prints them).</summary>
    public (long Text, long Binary, long Submodule) Entries { get; private set; }

    /// <summary>Commits that are more than one transaction, with how many.</summary>
    public List<(string Commit, int Transactions)> Split { get; } = [];

    public void Add(GitCommit commit, int transactions)
    {
        Commits++;
        Changes += commit.Changes.Count;
        if (commit.Changes.Count == 0) EmptyCommits++;
        if (transactions > 1) Split.Add((commit.Id, transactions));
        foreach (var change in commit.Changes)
        {
            if (change.Lines is not { } lines) continue;
            var (text, binary, submodule) = Entries;
            if (change.File.IsSubmodule || change.Before.IsSubmodule) Entries = (text, binary, submodule + 1);
            else if (lines.IsBinary) Entries = (text, binary + 1, submodule);
            else Entries = (text + 1, binary, submodule);
        }
    }

    public void Add(WriteReceipt receipt)
    {
        if (receipt.Operations.Count == 0) return;
        Transactions++;
        Operations += receipt.Operations.Count;
        _outcomes.Add(receipt.Outcome);
    }

    /// <summary>How many transactions ended how; those without an outcome stand under <c>null</c>.</summary>
    public IReadOnlyDictionary<OutcomeKind, int> Outcomes() =>
        _outcomes.Where(static outcome => outcome.IsCompletedSuccessfully).CountBy(static outcome => outcome.Result.Kind).ToDictionary();
}
