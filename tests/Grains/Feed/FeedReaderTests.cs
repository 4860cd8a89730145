using System.Collections.Immutable;
using CsCheck;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Feed;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Feed;

public sealed class FeedReaderTests
{
    [Fact]
    public async Task A_bootstrap_pages_to_the_head_without_tombstones()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, [.. Enumerable.Range(0, 7).Select(i => world.A.Create($"n{i}"))]);
        await world.DoneAsync(world.A, world.A.Delete("n3"));
        var pages = await ReadAllAsync(world, Guid.Empty, 0);

        Assert.Equal(["n0", "n1", "n2", "n4", "n5", "n6"], pages.SelectMany(page => page.Rows).Select(row => row.Key.Id).Order());
        Assert.All(pages[..^1], page => Assert.False(page.Complete));
        Assert.Equal((true, 2L), (pages[^1].Complete, pages[^1].Head));
        Assert.Equal(8, pages.Sum(page => page.Outcomes.Length));
        Assert.Equal(6, Assert.Single(pages[^1].Digests).Rows);
    }

    [Fact]
    public async Task A_delete_that_comes_during_a_bootstrap_is_sent()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, [.. Enumerable.Range(0, 5).Select(i => world.A.Create($"n{i}"))]);
        var first = await ReadAsync(world, Guid.Empty, 0);
        Assert.False(first.Complete);
        await world.DoneAsync(world.A, world.A.Delete(first.Rows[0].Key.Id));
        var rest = await ReadAllAsync(world, Guid.Empty, 0, first.PageToken);

        Assert.Contains(rest.SelectMany(page => page.Rows), row => row.Deleted && row.Key == first.Rows[0].Key);
    }

    [Fact]
    public async Task A_cursor_gets_what_came_after_it_tombstones_and_outcomes_included()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, world.A.Create("a"), world.A.Create("b"));
        var outcomes = await world.DoneAsync(world.A, world.A.Delete("b"), world.A.UpdateOfGone("c"));
        await world.DoneAsync(world.B, world.B.Create("d"));
        var page = await ReadAsync(world, (await world.StateAsync()).Lineage, 1);

        Assert.Equal([("b", true), ("d", false)], page.Rows.Select(row => (row.Key.Id, row.Deleted)));
        Assert.Equal(outcomes, page.Outcomes);
        Assert.True(page.Complete);
    }

    [Fact]
    public async Task An_empty_scope_is_complete_at_once()
    {
        var world = await World.CreateAsync();
        var page = await ReadAsync(world, Guid.Empty, 0);
        Assert.Equal((FeedStatus.Ok, true, 0L), (page.Status, page.Complete, page.Head));
        Assert.Equal((await world.StateAsync()).Lineage, page.Lineage);
    }

    [Fact]
    public async Task Cursors_that_cannot_be_continued_are_told_why()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, world.A.Create("a"));
        var lineage = (await world.StateAsync()).Lineage;

        Assert.Equal(FeedStatus.Ok, (await ReadAsync(world, lineage, 1)).Status);
        Assert.Equal(FeedStatus.CursorAhead, (await ReadAsync(world, lineage, 2)).Status);
        Assert.Equal(FeedStatus.LineageChanged, (await ReadAsync(world, Guid.NewGuid(), 1)).Status);
        Assert.Equal(FeedStatus.LineageChanged, (await ReadAsync(world, Guid.Empty, 1)).Status);
        var gone = await Reader(world).ReadAsync(ScopeId.ForUser("nobody"), new(world.A.Id, Guid.Empty, 0, [], []));
        Assert.Equal(FeedStatus.LineageChanged, gone.Status);
    }

    [Fact]
    public async Task A_cursor_or_a_bootstrap_below_the_horizon_is_expired()
    {
        var world = await World.CreateAsync();
        for (var i = 0; i < 6; i++) await world.DoneAsync(world.A, world.A.Create($"n{i}"));
        var lineage = (await world.StateAsync()).Lineage;
        var bootstrap = await ReadAsync(world, Guid.Empty, 0);
        await world.DoneAsync(world.A, world.A.Delete("n0"));
        await world.Store.PurgeAsync(new() { Scope = world.Scope, DeletedBefore = long.MaxValue, JournaledBefore = 0 }, default);
        var reader = Reader(world);

        Assert.Equal(FeedStatus.CursorExpired, (await reader.ReadAsync(world.Scope, new(world.A.Id, lineage, 6, [], []))).Status);
        Assert.Equal(FeedStatus.Ok, (await reader.ReadAsync(world.Scope, new(world.A.Id, lineage, 7, [], []))).Status);
        Assert.Equal(FeedStatus.Ok, (await reader.ReadAsync(world.Scope, new(world.A.Id, Guid.Empty, 0, [], []))).Status);
        var resumed = await reader.ReadAsync(world.Scope, new(world.A.Id, Guid.Empty, 0, [], bootstrap.PageToken));
        Assert.Equal(FeedStatus.CursorExpired, resumed.Status);
    }

    [Fact]
    public async Task A_page_token_of_another_pull_is_refused()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, [.. Enumerable.Range(0, 5).Select(i => world.A.Create($"n{i}"))]);
        var lineage = (await world.StateAsync()).Lineage;
        var token = (await ReadAsync(world, lineage, 0)).PageToken;

        Assert.Equal(FeedStatus.Ok, (await ReadAsync(world, lineage, 0, token)).Status);
        Assert.Equal(FeedStatus.PageTokenInvalid, (await ReadAsync(world, lineage, 1, token)).Status);
        Assert.Equal(FeedStatus.PageTokenInvalid, (await ReadAsync(world, Guid.Empty, 0, token)).Status);
        var otherTypes = await Reader(world).ReadAsync(world.Scope, new(world.A.Id, lineage, 0, ["notes"], token));
        Assert.Equal(FeedStatus.PageTokenInvalid, otherTypes.Status);
    }

    [Fact]
    public async Task Bytes_that_are_no_page_token_are_refused()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, [.. Enumerable.Range(0, 5).Select(i => world.A.Create($"n{i}"))]);
        var good = (await ReadAsync(world, Guid.Empty, 0)).PageToken;
        var damaged = Gen.Select(
            Gen.Byte.Array[1, 80], Gen.Int[0, good.Length - 1], (bytes, at) => new[] { bytes, [.. good[..at]], [.. good, .. bytes] });

        await damaged.SampleAsync(async candidates =>
        {
            foreach (var bytes in candidates.Where(static bytes => bytes.Length > 0))
            {
                Assert.Equal(FeedStatus.PageTokenInvalid, (await ReadAsync(world, Guid.Empty, 0, [.. bytes])).Status);
            }
        }, iter: 300);
    }

    private static Limits PageLimits(World world) => world.Limits with { PageRows = 2 };

    private static FeedReader Reader(World world) => new(world.Store, PageLimits(world));

    private static Task<FeedPage> ReadAsync(World world, Guid lineage, long sequence, ImmutableArray<byte> token = default) =>
        Reader(world).ReadAsync(world.Scope, new(world.A.Id, lineage, sequence, [], token));

    private static async Task<FeedPage[]> ReadAllAsync(World world, Guid lineage, long sequence, ImmutableArray<byte> token = default)
    {
        var pages = new List<FeedPage>();
        do
        {
            pages.Add(await ReadAsync(world, lineage, sequence, token));
            Assert.Equal(FeedStatus.Ok, pages[^1].Status);
            token = pages[^1].PageToken;
        }
        while (!pages[^1].Complete);
        return [.. pages];
    }
}
