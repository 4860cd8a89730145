using System.Text;
using OrleansSync.Samples.GitReplay.Git;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

public sealed class GitLogParserTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private const string Blob = "89abcdef0123456789abcdef0123456789abcdef";
    private const string None = "0000000000000000000000000000000000000000";

    [Fact]
    public async Task Each_commit_has_its_author_its_changes_and_their_lines()
    {
        var commits = await ReadAsync(
            $"\u001e{Commit}\0Ada <a@x>\0\n:000000 100644 {None} {Blob} A\0a\0:100644 000000 {Blob} {None} D\0b\0" + "2\t0\ta\0" + "0\t7\tb\0"
            + $"\u001e{Blob}\0Bob <b@x>\0\n:100644 120000 {Blob} {Commit} T\0l\0-\t-\tl\0");

        Assert.Equal([Commit, Blob], commits.Select(commit => commit.Id));
        Assert.Equal(["Ada <a@x>", "Bob <b@x>"], commits.Select(commit => commit.Author));
        Assert.Equal(
            [
                new GitChange("a", GitChangeKind.Added, new GitFile("000000", None), new GitFile("100644", Blob), new LineCount(2, 0, false)),
                new GitChange("b", GitChangeKind.Deleted, new GitFile("100644", Blob), new GitFile("000000", None), new LineCount(0, 7, false)),
            ],
            commits[0].Changes);
        Assert.Equal(
            [
                new GitChange(
                    "l", GitChangeKind.TypeChanged, new GitFile("100644", Blob), new GitFile("120000", Commit), new LineCount(0, 0, IsBinary: true)),
            ],
            commits[1].Changes);
    }

    [Fact]
    public async Task Empty_commits_stand_beside_each_other()
    {
        var commits = await ReadAsync($"\u001e{Commit}\0A <a>\0\u001e{Blob}\0B <b>\0");
        Assert.Equal([(Commit, 0), (Blob, 0)], commits.Select(commit => (commit.Id, commit.Changes.Count)));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("1\t2\tx")]
    [InlineData(":100644 100644 0 0 M")]
    [InlineData("\u001e0123456789abcdef0123456789abcdef01234567")]
    [InlineData("tab\tand\nfeed")]
    public async Task A_path_may_look_like_anything(string path)
    {
        var commits = await ReadAsync($"\u001e{Commit}\0A <a>\0\n:000000 100644 {None} {Blob} A\0{path}\0" + $"1\t0\t{path}\0");
        var change = Assert.Single(Assert.Single(commits).Changes);
        Assert.Equal(path, Encoding.UTF8.GetString(PathText.Unescape(change.Path)));
        Assert.Equal(new LineCount(1, 0, IsBinary: false), change.Lines);
    }

    [Fact]
    public async Task Without_numstat_a_change_has_no_lines()
    {
        var commits = await ReadAsync($"\u001e{Commit}\0A <a>\0\n:000000 160000 {None} {Blob} A\0module\0");
        var change = Assert.Single(Assert.Single(commits).Changes);
        Assert.True(change.File.IsSubmodule);
        Assert.Null(change.Lines);
    }

    [Fact]
    public async Task Ids_of_sha256_repositories_are_read_too()
    {
        var commits = await ReadAsync($"\u001e{new string('a', 64)}\0A <a>\0\n:000000 100644 {new string('0', 64)} {new string('b', 64)} A\0f\0");
        Assert.Equal(new string('b', 64), Assert.Single(Assert.Single(commits).Changes).File.Blob);
    }

    [Theory]
    [InlineData("no header\0")]
    [InlineData("\u001e0123\0A <a>\0\n:100644 100644 1 2 M\0f\0")]
    [InlineData("\u001e0123\0A <a>\0\nfatal\0")]
    [InlineData("\u001e0123\0A <a>\0\n1\tx\tf\0")]
    [InlineData("\u001e0123\0A <a>\0\n1\t1\tf\0")]
    [InlineData("\u001e0123")]
    public async Task What_git_never_prints_is_an_error_and_not_a_guess(string log) =>
        await Assert.ThrowsAsync<GitException>(() => ReadAsync(log));

    [Fact]
    public async Task An_endless_token_is_refused()
    {
        using var log = new MemoryStream(new byte[NulTokens.MaxTokenBytes * 2].Select(_ => (byte)'x').ToArray());
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (var token in NulTokens.ReadAsync(log, CancellationToken.None)) Assert.Fail($"{token.Length}");
        });
    }

    private static async Task<List<GitCommit>> ReadAsync(string log)
    {
        var commits = new List<GitCommit>();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(log));
        await foreach (var commit in GitLogParser.ReadAsync(stream, CancellationToken.None)) commits.Add(commit);
        return commits;
    }
}
