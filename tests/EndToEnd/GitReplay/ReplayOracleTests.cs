using System.Runtime.Versioning;
using OrleansSync.Samples.GitReplay;
using OrleansSync.Samples.GitReplay.Generating;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

/// <summary>That the comparison can fail: git itself is made to say something else than it said to the replay.</summary>
[Collection(nameof(ReplayTests))]
[UnsupportedOSPlatform("windows")]
public sealed class ReplayOracleTests
{
    [Theory]
    [InlineData(
        "a file that git does not have",
        "*ls-tree*",
        "printf '100644 blob 0123456789012345678901234567890123456789\\tforged\\0'",
        "'forged' is absent")]
    [InlineData("a line that was counted twice", "*--format=\\ --numstat*", "printf '1\\t0\\tempty\\0'", ", git counts +")]
    public async Task One_difference_is_found_and_fails_the_run(string what, string command, string forgery, string difference)
    {
        using var folder = new TempFolder();
        var git = folder.Of("git");
        await File.WriteAllTextAsync(git, $"#!/bin/sh\ngit \"$@\" || exit\ncase \"$*\" in {command}) {forgery};; esac\n");
        File.SetUnixFileMode(git, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var (exit, output) = await Replaying.RunAsync("--generate", "30", "--git", git);
        Assert.True(exit == ReplayCommand.Differs, $"{what} passed:\n{output}");
        Assert.EndsWith("DIFFERS: 1 differences", Replaying.LastLine(output));
        Assert.Contains(difference, output);
    }

    [Fact]
    public async Task A_partial_clone_is_replayed_without_counters_and_says_so()
    {
        using var folder = new TempFolder();
        await HistoryGenerator.CreateAsync("git", folder.Of("whole"), 30, 1, CancellationToken.None);
        await GitClient.RunAsync(folder.Of("whole"), "config", "uploadpack.allowFilter", "true");
        await GitClient.RunAsync(
            folder.Of("."), "clone", "--quiet", "--bare", "--filter=blob:none", "file://" + Path.GetFullPath(folder.Of("whole")), "partial");

        var (exit, output) = await Replaying.RunAsync("--repo", folder.Of("partial"), "--devices", "2");
        Assert.True(exit == ReplayCommand.Matches, output);
        Assert.Contains("are not in this (partial) clone", output);
        Assert.Contains("MATCHES git", Replaying.LastLine(output));
        Assert.Contains("without counters", Replaying.LastLine(output));
    }
}
