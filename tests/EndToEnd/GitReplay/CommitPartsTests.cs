using OrleansSync.Samples.GitReplay.Git;
using OrleansSync.Samples.GitReplay.Replaying;

namespace OrleansSync.EndToEnd.Tests.GitReplay;

public sealed class CommitPartsTests
{
    [Fact]
    public void A_commit_within_the_limits_is_one_transaction() => Assert.Single(CommitParts.Of(Commit(1_666, length: 60)));

    [Fact]
    public void An_empty_commit_is_none() => Assert.Empty(CommitParts.Of(Commit(0, length: 60)));

    [Theory]
    [InlineData(5_000, 60)]
    [InlineData(3_000, 510)]
    [InlineData(500, 4_000)]
    public void A_commit_past_the_limits_is_split_and_loses_nothing(int changes, int length)
    {
        var commit = Commit(changes, length);
        var parts = CommitParts.Of(commit);
        Assert.True(parts.Count > 1);
        Assert.Equal(commit.Changes, parts.SelectMany(part => part));
        // A create of the file, a create of its churn, the increment.
        Assert.All(parts, part => Assert.InRange(part.Count * 3, 1, 5_000));
    }

    private static GitCommit Commit(int changes, int length)
    {
        var file = new GitFile("100644", new string('a', 40));
        return new GitCommit(
            new string('c', 40),
            "Ada <ada@example.org>",
            [
                .. Enumerable.Range(0, changes).Select(
                    number => new GitChange(
                        $"{number:D8}".PadLeft(length, 'x'), GitChangeKind.Added, file, file, new LineCount(1, 0, IsBinary: false))),
            ]);
    }
}
