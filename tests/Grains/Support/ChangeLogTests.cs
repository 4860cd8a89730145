using OrleansSync.Core;

namespace OrleansSync.Grains.Tests.Support;

/// <summary>Tests of a change log that run on each store.</summary>
public abstract class ChangeLogTests(StoreKind kind) : IAsyncLifetime
{
    private readonly List<TestStore> _stores = [];
    private readonly List<World> _worlds = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var store in _stores) await store.DisposeAsync();
        Assert.All(_worlds, static world => Assert.Empty(world.Errors.TakeErrors()));
    }

    internal async Task<World> NewWorldAsync(Limits? limits = null, SyncSchema? schema = null)
    {
        var store = await TestStore.OpenAsync(kind);
        _stores.Add(store);
        var world = await World.CreateAsync(limits, store.Store, schema: schema);
        _worlds.Add(world);
        return world;
    }
}
