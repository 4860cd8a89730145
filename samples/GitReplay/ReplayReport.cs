using OrleansSync.Samples.GitReplay.Checking;
using OrleansSync.Samples.GitReplay.Git;
using OrleansSync.Samples.GitReplay.Replaying;

namespace OrleansSync.Samples.GitReplay;

/// <summary>Tells what was replayed, what stood in the way, and whether it matches.</summary>
internal sealed class ReplayReport(ReplayScreen screen, ReplayOptions options, GitRepository repository, Replayer replayer)
{
    private ReplayTally Tally => replayer.Tally;

    public void Replayed(TimeSpan took, TimeSpan settled, OfflineSchedule schedule, PatientSync sync, ServerKiller? killer)
    {
        Say($"Replayed    {Tally.Commits:n0} commits ({Tally.EmptyCommits:n0} empty) of {Tally.Authors:n0} authors in {took.TotalSeconds:n1} s, "
            + $"{Tally.Commits / took.TotalSeconds:n1}/s: {Tally.Changes:n0} changed paths, {Tally.Transactions:n0} transactions, "
            + $"{Tally.Operations:n0} operations");
        var (text, binary, submodule) = Tally.Entries;
        if (text + binary + submodule > 0)
            Say($"Lines       counted in {text:n0} text entries; {binary:n0} binary entries have none; "
                + $"{submodule:n0} submodule entries count as git prints them, a line each");
        foreach (var (commit, transactions) in Tally.Split)
            Say($"Split       commit {commit} passes the limits of a transaction: {transactions} transactions");
        if (options.Offline > 0)
            Say($"Offline     {Tally.OfflineCommits:n0} commits in {schedule.Stretches:n0} stretches (seed {options.Seed}); "
                + $"then all synced in {settled.TotalSeconds:n1} s");
        var outcomes = Tally.Outcomes().OrderBy(static outcome => outcome.Key).Select(static outcome => $"{outcome.Value:n0} {outcome.Key}");
        Say($"Outcomes    {string.Join(", ", outcomes)}");
        if (killer is null) return;
        var phases = killer.Phases.Select(static phase => $"{phase.Value} while {phase.Key}");
        Say($"Kills       {killer.Kills} (seed {options.Seed}): {string.Join(", ", phases)}; {sync.Interrupted} syncs interrupted");
    }

    public void Bootstrapped(ReplayResult result, TimeSpan took) =>
        Say($"Fresh       a new device pulled {result.Files:n0} files and {result.ChurnRows:n0} churn rows in {took.TotalSeconds:n1} s");

    /// <summary>The last lines; true: no differences.</summary>
    public bool End(IReadOnlyList<Differences> found, ReplayResult result, bool counted)
    {
        var summary = $"REPLAYED {Tally.Commits} commits of {Tally.Authors} authors on {options.Devices} devices: "
            + $"{result.Files} files, {result.ChurnRows} churn rows";
        if (found.Sum(static differences => differences.Count) is var count and > 0)
        {
            foreach (var differences in found.Where(static differences => differences.Count > 0))
            {
                Say($"{differences.Count:n0} differences: {differences.Where}");
                foreach (var difference in differences.First) Say($"  {difference}");
            }
            Say($"{summary} DIFFERS: {count} differences");
            return false;
        }
        var exact = counted ? "counters exact" : "without counters";
        if (Tally.OfflineCommits > 0)
        {
            Say($"Files       not compared with git: conflicting edits of {Tally.OfflineCommits:n0} offline commits were merged, "
                + "git's history has none");
            Say($"{summary} CONVERGED {result.Digest}, {options.Devices + 1} devices identical, {exact}");
        }
        else
        {
            Say($"{summary} MATCHES git {repository.Head}, {exact}, {options.Devices + 1} devices identical, digest {result.Digest}");
        }
        return true;
    }

    private void Say(string text) => screen.Line(text);
}

/// <summary>What a device holds at the end.</summary>
internal sealed record ReplayResult(long Files, long ChurnRows, string Digest);
