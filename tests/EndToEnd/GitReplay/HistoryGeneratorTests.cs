using System.Text;
using OrleansSync.Samples.GitReplay.Generating;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

public sealed class HistoryGeneratorTests
{
    private const string Git = "git";

    [Fact]
    public async Task The_same_seed_makes_the_same_head_and_another_seed_another()
    {
        using var folder = new TempFolder();
        var one = await GenerateAsync(folder.Of("one"), 120, 7);
        var same = await GenerateAsync(folder.Of("same"), 120, 7);
        var other = await GenerateAsync(folder.Of("other"), 120, 8);
        Assert.Equal(one.Head, same.Head);
        Assert.NotEqual(one.Head, other.Head);
    }

    [Fact]
    public async Task A_seed_makes_the_head_it_always_made()
    {
        // A change of the generator changes this id: then the histories that earlier runs speak of are gone.
        using var folder = new TempFolder();
        Assert.Equal("8572e04961faf63a5c087a2dfef0e98c82745525", (await GenerateAsync(folder.Of("repo"), 60, 1)).Head);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(75)]
    public async Task The_history_has_the_length_that_was_asked_for(int commits)
    {
        using var folder = new TempFolder();
        var repository = await GenerateAsync(folder.Of("repo"), commits, 3);
        Assert.Equal(commits, repository.Commits);
        Assert.Equal(commits, await repository.HistoryAsync(countLines: false, CancellationToken.None).CountAsync());
    }

    [Fact]
    public async Task The_history_holds_everything_that_is_hard_to_replay()
    {
        using var folder = new TempFolder();
        var repository = await GenerateAsync(folder.Of("repo"), 300, 5);
        var history = await repository.HistoryAsync(countLines: true, CancellationToken.None).ToListAsync();
        var changes = history.SelectMany(commit => commit.Changes).ToList();
        var merges = await GitProcess.ReadAsync(
            Git, repository.Folder, ["rev-list", "--count", "--merges", "--first-parent", "HEAD"], CancellationToken.None);

        Assert.True(history.Select(commit => commit.Author).Distinct().Count() >= 8);
        Assert.True(int.Parse(merges) > 3);
        Assert.Contains(history, commit => commit.Changes.Count == 0);
        Assert.Contains(history, commit => commit.Changes.Count(change => change.Kind == GitChangeKind.Added) >= 600);
        foreach (var kind in Enum.GetValues<GitChangeKind>()) Assert.Contains(changes, change => change.Kind == kind);
        foreach (var mode in new[] { "100644", "100755", "120000", "160000" })
            Assert.Contains(changes, change => change.File.Mode == mode);
        Assert.Contains(changes, change => change.Lines is { IsBinary: true });
        Assert.Contains(
            changes.GroupBy(change => change.Path),
            path => path.SkipWhile(change => change.Kind != GitChangeKind.Deleted).Any(change => change.Kind == GitChangeKind.Added));
        var paths = changes.Select(change => Encoding.Latin1.GetString(PathText.Unescape(change.Path))).ToHashSet();
        Assert.Empty(OddPaths.All.Except(paths));
        Assert.Contains(changes, change => PathText.IsShortened(PathText.IdOf(change.Path)));
    }

    [Fact]
    public async Task The_history_replayed_by_hand_is_the_tree_of_head_and_its_lines_are_gits_totals()
    {
        using var folder = new TempFolder();
        var repository = await GenerateAsync(folder.Of("repo"), 300, 11);
        var files = new Dictionary<string, GitFile>();
        var totals = new Dictionary<string, LineTotal>();
        await foreach (var commit in repository.HistoryAsync(countLines: true, CancellationToken.None))
        {
            foreach (var change in commit.Changes)
            {
                if (change.Kind == GitChangeKind.Deleted) files.Remove(change.Path);
                else files[change.Path] = change.File;
                if (change.Lines is { } lines) totals[change.Path] = totals.GetValueOrDefault(change.Path).Plus(lines);
            }
        }
        Assert.Equal(await repository.TreeAsync(CancellationToken.None), files);
        Assert.Equal(await repository.LineTotalsAsync(CancellationToken.None), totals);
    }

    [Fact]
    public async Task A_folder_that_is_not_empty_is_left_alone()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.Of("mine"), "mine");
        var failure = await Assert.ThrowsAsync<GitException>(() => HistoryGenerator.CreateAsync(Git, folder.Of("."), 5, 1, CancellationToken.None));
        Assert.Contains("not empty", failure.Message);
    }

    private static async Task<GitRepository> GenerateAsync(string folder, int commits, ulong seed)
    {
        await HistoryGenerator.CreateAsync(Git, folder, commits, seed, CancellationToken.None);
        return await GitRepository.OpenAsync(Git, folder, CancellationToken.None);
    }
}
