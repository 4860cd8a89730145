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
}
