using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Storage.InMemory;
using OrleansSync.Storage.Sqlite;

namespace OrleansSync.Grains.Tests.Support;

public enum StoreKind
{
    Memory,
    Sqlite,
}

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

    internal async Task<World> NewWorldAsync(Limits? limits = null)
    {
        var store = TestStore.Open(kind);
        _stores.Add(store);
        var world = await World.CreateAsync(limits, store.Store);
        _worlds.Add(world);
        return world;
    }
}

/// <summary>A store and the folder it lives in.</summary>
internal sealed class TestStore(ISyncStore store, string? folder) : IAsyncDisposable
{
    public ISyncStore Store { get; } = store;

    public static TestStore Open(StoreKind kind)
    {
        if (kind == StoreKind.Memory) return new(new InMemoryStore(), null);
        var folder = Directory.CreateTempSubdirectory("orleanssync-").FullName;
        return new(SqliteStore.Open(new() { Path = Path.Combine(folder, "sync.db") }, NullLogger<SqliteStore>.Instance), folder);
    }

    public async ValueTask DisposeAsync()
    {
        if (Store is IAsyncDisposable disposable) await disposable.DisposeAsync();
        if (folder is not null) Directory.Delete(folder, recursive: true);
    }
}
