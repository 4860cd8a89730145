using OrleansSync.Samples.GitReplay.Generating;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

public sealed class GitRepositoryTests
{
    private const string Git = "git";

    [Fact]
    public async Task A_working_tree_reads_like_its_bare_repository_whatever_it_is_configured_to_print()
    {
        using var folder = new TempFolder();
        await HistoryGenerator.CreateAsync(Git, folder.Of("bare"), 40, 1, CancellationToken.None);
        await RunAsync(folder.Of("."), "clone", "--quiet", "--no-checkout", "bare", "tree");
        string[] unusual =
        [
            "diff.renames=copies", "diff.relative=true", "diff.noprefix=true", "diff.ignoreSubmodules=all", "diff.submodule=log",
            "log.showSignature=true", "log.diffMerges=combined", "log.decorate=full", "color.ui=always", "core.abbrev=7", "core.quotePath=true",
        ];
        foreach (var setting in unusual) await RunAsync(folder.Of("tree"), ["config", .. setting.Split('=')]);
        Directory.CreateDirectory(folder.Of("tree/docs"));

        var bare = await GitRepository.OpenAsync(Git, folder.Of("bare"), CancellationToken.None);
        var tree = await GitRepository.OpenAsync(Git, folder.Of("tree/docs"), CancellationToken.None);

        Assert.Equal(bare.Head, tree.Head);
        Assert.Equal(await bare.TreeAsync(CancellationToken.None), await tree.TreeAsync(CancellationToken.None));
        Assert.Equal(await bare.LineTotalsAsync(CancellationToken.None), await tree.LineTotalsAsync(CancellationToken.None));
        var history = bare.HistoryAsync(countLines: true, CancellationToken.None).Zip(tree.HistoryAsync(countLines: true, CancellationToken.None));
        await foreach (var (one, other) in history)
        {
            Assert.Equal(one.Id, other.Id);
            Assert.Equal(one.Changes, other.Changes);
        }
    }

    [Fact]
    public async Task A_partial_clone_says_how_much_is_missing_and_fetches_nothing()
    {
        using var folder = new TempFolder();
        await HistoryGenerator.CreateAsync(Git, folder.Of("whole"), 40, 1, CancellationToken.None);
        await RunAsync(folder.Of("whole"), "config", "uploadpack.allowFilter", "true");
        await RunAsync(
            folder.Of("."), "clone", "--quiet", "--bare", "--filter=blob:none", "file://" + Path.GetFullPath(folder.Of("whole")), "partial");
        var whole = await GitRepository.OpenAsync(Git, folder.Of("whole"), CancellationToken.None);
        var partial = await GitRepository.OpenAsync(Git, folder.Of("partial"), CancellationToken.None);

        var missing = await partial.MissingObjectsAsync(CancellationToken.None);
        Assert.True(missing > 100);
        await Assert.ThrowsAsync<GitException>(() => partial.LineTotalsAsync(CancellationToken.None));
        Assert.Equal(missing, await partial.MissingObjectsAsync(CancellationToken.None));
        Assert.Equal(await whole.TreeAsync(CancellationToken.None), await partial.TreeAsync(CancellationToken.None));
        Assert.Equal(0, await whole.MissingObjectsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task No_folder_no_repository_and_no_commit_are_told_apart()
    {
        using var folder = new TempFolder();
        Assert.Contains("no folder", await FaultOfAsync(folder.Of("nowhere")));
        Assert.Contains("not a git repository", await FaultOfAsync(folder.Of(".")));
        await RunAsync(folder.Of("."), "init", "--quiet", "empty");
        Assert.Contains("no commit", await FaultOfAsync(folder.Of("empty")));
    }

    [Fact]
    public async Task A_missing_git_is_told_with_its_remedy()
    {
        using var folder = new TempFolder();
        var failure = await Assert.ThrowsAsync<GitException>(
            () => GitRepository.OpenAsync(folder.Of("no-git-here"), folder.Of("."), CancellationToken.None));
        Assert.Contains("--git", failure.Message);
    }

    private static async Task<string> FaultOfAsync(string folder) =>
        (await Assert.ThrowsAsync<GitException>(() => GitRepository.OpenAsync(Git, folder, CancellationToken.None))).Message;

    private static Task RunAsync(string folder, params string[] arguments) => GitClient.RunAsync(folder, arguments);
}
