using OrleansSync.Core;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Gateway.Tests;

/// <summary>How a page is divided into messages.</summary>
public sealed class PagesTests
{
    // The largest page that a server can be configured for.
    private const int MostRows = 10_000;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(125, 1)]
    [InlineData(126, 2)]
    [InlineData(1_000, 8)]
    [InlineData(5_001, 40)]
    [InlineData(MostRows, 40)]
    public void A_page_of_any_size_comes_in_fewer_messages_than_a_device_takes_and_whole(int rows, int messages)
    {
        var stored = Enumerable.Range(0, rows).Select(static i => StoredRow.Of(new EntityRow { Key = new("notes", $"{i:D5}"), Sequence = 7 }));
        var feed = new FeedPage(FeedStatus.Ok, StoredRows.Of(stored), [], true, Guid.NewGuid(), 7, 7, [1], []);

        var parts = new Pages(new SyncSchema([], acceptUndeclared: true)).Of(feed).ToArray();

        Assert.Equal(messages, parts.Length);
        Assert.Equal(Enumerable.Range(0, rows).Select(static i => $"{i:D5}"), parts.SelectMany(static part => part.Rows).Select(static row => row.EntityId));
        Assert.All(parts[..^1], static part => Assert.True(part.Continued && !part.Complete));
        Assert.True(parts[^1] is { Continued: false, Complete: true });
    }

    [Fact]
    public void A_commit_is_one_page_for_all_devices_that_see_the_same_of_it()
    {
        var (writer, others) = (new DeviceId(Guid.NewGuid()), Enumerable.Range(0, 3).Select(static _ => new DeviceId(Guid.NewGuid())).ToArray());
        var outcome = new Outcome(new OperationId(Guid.NewGuid()), OutcomeKind.Applied, 7);
        var pages = new Pages(SyncSchema.Open);
        CommitNotice[] notices = [.. Enumerable.Range(7, 200).Select(sequence => new CommitNotice(
            sequence, true, [Row("notes", sequence), Row("tasks", sequence)], [new DeviceOutcome(writer, outcome)], 9, Guid.NewGuid(), [])),];

        foreach (var notice in notices)
        {
            var all = others.Select(device => pages.Of(notice, Position(device))).ToArray();
            Assert.All(all, page => Assert.Same(all[0], page));
            Assert.Equal((notice.Sequence, 2, 0), (all[0].Head, all[0].Rows.Count, all[0].Outcomes.Count));
            Assert.Equal(outcome.Sequence, Assert.Single(pages.Of(notice, Position(writer)).Outcomes).Sequence);
            Assert.Equal("tasks", Assert.Single(pages.Of(notice, Position(others[0], "tasks")).Rows).Type);
            Assert.Equal("notes", Assert.Single(pages.Of(notice, Position(others[0], "notes")).Rows).Type);
            Assert.Equal(2, pages.Of(notice, Position(others[1])).Rows.Count);
        }

        static EntityRow Row(string type, long sequence) => new() { Key = new(type, "1"), Sequence = sequence };

        static FeedPosition Position(DeviceId device, params string[] types) => new(ScopeId.ForUser("u"), device, Guid.Empty, 0, [.. types]);
    }
}
