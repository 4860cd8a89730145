using OrleansSync.Generators;
using OrleansSync.Samples.GitReplay;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

/// <summary>Whole replays against the real backend in a process of its own, one at a time: they want the machine for themselves.</summary>
[Collection(nameof(ReplayTests))]
[CollectionDefinition(nameof(ReplayTests), DisableParallelization = true)]
public sealed class ReplayTests
{
    [Fact]
    public async Task A_generated_history_of_2000_commits_matches_git()
    {
        var (exit, output) = await Replaying.RunAsync("--generate", "2000", "--seed", "1", "--devices", "4");
        Assert.True(exit == ReplayCommand.Matches, output);
        Assert.StartsWith("REPLAYED 2000 commits", Replaying.LastLine(output));
        Assert.Contains("MATCHES git", Replaying.LastLine(output));
        Assert.Contains("counters exact", Replaying.LastLine(output));
    }

    [Fact]
    public async Task This_repositorys_own_history_matches_git()
    {
        var (exit, output) = await Replaying.RunAsync("--repo", SourceTree.Root, "--devices", "4");
        Assert.True(exit == ReplayCommand.Matches, output);
        Assert.Contains("MATCHES git", Replaying.LastLine(output));
    }

    [Fact]
    public async Task I4_Eight_devices_that_were_offline_half_the_time_converge_with_exact_counters()
    {
        var (exit, output) = await Replaying.RunAsync("--generate", "400", "--seed", "3", "--devices", "8", "--offline", "0.5");
        Assert.True(exit == ReplayCommand.Matches, output);
        Assert.Matches("^REPLAYED 400 commits .* CONVERGED [0-9a-f]{32}, 9 devices identical, counters exact$", Replaying.LastLine(output));
        Assert.Matches("Outcomes .* Merged", output);
    }

    [Fact]
    public async Task I2_Twenty_kills_of_the_server_lose_nothing_and_double_nothing()
    {
        var (exit, output) = await Replaying.RunAsync("--generate", "120", "--seed", "5", "--devices", "4", "--kill-server", "20");
        Assert.True(exit == ReplayCommand.Matches, output);
        Assert.Contains("Kills       20 ", output);
        Assert.DoesNotContain(" 0 syncs interrupted", output);
        Assert.Contains("MATCHES git", Replaying.LastLine(output));
        Assert.Contains("counters exact", Replaying.LastLine(output));
    }

    [Fact]
    public async Task I2_Kills_of_all_silos_of_a_cluster_lose_nothing_and_double_nothing()
    {
        var (exit, output) = await Replaying.RunAsync(
            "--generate", "60", "--seed", "6", "--devices", "4", "--store", "postgres", "--kill-server", "4");
        Assert.True(exit == ReplayCommand.Matches, output);
        Assert.Contains("Kills       4 ", output);
        Assert.Contains("MATCHES git", Replaying.LastLine(output));
        Assert.Contains("counters exact", Replaying.LastLine(output));
    }

    [Fact]
    public async Task A_commit_past_the_limits_of_a_transaction_arrives_in_several()
    {
        using var folder = new TempFolder();
        var files = folder.Of($"repository/{new string('d', 240)}/{new string('e', 200)}");
        Directory.CreateDirectory(files);
        for (var number = 0; number < 2_000; number++) await File.WriteAllTextAsync(Path.Combine(files, $"{number}"), "a line\n");
        await GitClient.RunAsync(folder.Of("repository"), "init", "--quiet");
        await GitClient.RunAsync(folder.Of("repository"), "add", ".");
        await GitClient.RunAsync(
            folder.Of("repository"), "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "--message", "All at once");

        var (exit, output) = await Replaying.RunAsync("--repo", folder.Of("repository"), "--devices", "1");
        Assert.True(exit == ReplayCommand.Matches, output);
        Assert.Matches("Split .* 2 transactions", output);
        Assert.StartsWith("REPLAYED 1 commits of 1 authors on 1 devices: 2000 files, 2000 churn rows MATCHES git", Replaying.LastLine(output));
    }
}
