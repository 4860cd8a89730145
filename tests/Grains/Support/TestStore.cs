using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Backends.Postgres;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Storage.InMemory;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Sqlite;

namespace OrleansSync.Grains.Tests.Support;

public enum StoreKind
{
    Memory,
    Sqlite,
    Postgres,
}

/// <summary>A store, and the folder or database it lives in, which goes with it.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly Func<ValueTask> _remove;

    private TestStore(ISyncStore store, Func<ValueTask> remove) => (Store, _remove) = (store, remove);

    public ISyncStore Store { get; }

    public static async Task<TestStore> OpenAsync(StoreKind kind)
    {
        switch (kind)
        {
            case StoreKind.Sqlite:
                var folder = Directory.CreateTempSubdirectory("orleanssync-").FullName;
                var file = new SqliteStoreOptions { Path = Path.Combine(folder, "sync.db") };
                return new(SqliteStore.Open(file, NullLogger<SqliteStore>.Instance), () =>
                {
                    Directory.Delete(folder, recursive: true);
                    return ValueTask.CompletedTask;
                });
            case StoreKind.Postgres:
                var database = await PostgresDatabase.CreateAsync();
                var options = new PostgresStoreOptions { ConnectionString = database.ConnectionString };
                return new(PostgresStore.Open(options, NullLogger<PostgresStore>.Instance), database.DisposeAsync);
            default:
                return new(new InMemoryStore(), static () => ValueTask.CompletedTask);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Store is IAsyncDisposable disposable) await disposable.DisposeAsync();
        await _remove();
    }
}
