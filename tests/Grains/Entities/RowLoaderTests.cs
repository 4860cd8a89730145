using OrleansSync.Core;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Entities;

public sealed class RowLoaderTests
{
    [Fact]
    public async Task Loads_that_come_during_a_query_share_the_next_one()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, [.. Enumerable.Range(0, 50).Select(i => world.A.Create($"n{i}"))]);
        var release = world.Store.HoldLoads();
        world.Store.Loads = 0;
        var loader = new RowLoader(world.Store);
        var first = loader.LoadAsync(world.Scope, new("tasks", "n0"));
        await World.Until(() => world.Store.Loads == 1);
        var rest = Enumerable.Range(0, 60).Select(i => loader.LoadAsync(world.Scope, new("tasks", $"n{i}"))).ToArray();
        release();

        Assert.Equal("n0", (await first)!.Key.Id);
        var rows = await Task.WhenAll(rest);
        Assert.Equal(2, world.Store.Loads);
        for (var i = 0; i < 60; i++) Assert.Equal(i < 50 ? $"n{i}" : null, rows[i]?.Key.Id);
    }

    [Fact]
    public async Task Scopes_do_not_wait_for_each_other()
    {
        var world = await World.CreateAsync();
        var release = world.Store.HoldLoads();
        var loader = new RowLoader(world.Store);
        var loads = new[] { loader.LoadAsync(world.Scope, new("tasks", "a")), loader.LoadAsync(ScopeId.ForUser("bob"), new("tasks", "a")) };
        await World.Until(() => world.Store.Loads == 2);
        release();
        Assert.All(await Task.WhenAll(loads), Assert.Null);
    }

    [Fact]
    public async Task A_failed_query_fails_its_callers_and_no_later_ones()
    {
        var world = await World.CreateAsync();
        var loader = new RowLoader(world.Store);
        world.Store.IsDown = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => loader.LoadAsync(world.Scope, new("tasks", "a")));
        world.Store.IsDown = false;
        Assert.Null(await loader.LoadAsync(world.Scope, new("tasks", "a")));
    }
}
