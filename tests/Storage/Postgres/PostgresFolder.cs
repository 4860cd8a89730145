using OrleansSync.Backends.Postgres;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Postgres;

/// <summary>A database of its own for a test's stores, and what they logged.</summary>
public sealed class PostgresFolder(PostgresDatabase database) : StoreLog<PostgresStore>, IAsyncDisposable
{
    public PostgresStoreOptions Options { get; } = new() { ConnectionString = database.ConnectionString };

    public static async Task<PostgresFolder> CreateAsync() => new(await PostgresDatabase.CreateAsync());

    public PostgresStore Open(PostgresStoreOptions? options = null) => PostgresStore.Open(options ?? Options, this);

    public ValueTask DisposeAsync() => database.DisposeAsync();
}
