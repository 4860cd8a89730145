using OrleansSync.Storage.Sqlite;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>A folder of its own for a store's file, removed at the end, and what the stores in it logged.</summary>
public sealed class StoreFolder : StoreLog<SqliteStore>, IDisposable
{
    public StoreFolder() => Options = new SqliteStoreOptions
    {
        Path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("orleanssync-store-").FullName, "data", "sync.db"),
    };

    public SqliteStoreOptions Options { get; }

    public string Path => Options.Path;

    public SqliteStore Open(SqliteStoreOptions? options = null, TimeProvider? time = null) =>
        SqliteStore.Open(options ?? Options, this, time);

    public void Dispose() => Directory.GetParent(Path)!.Parent!.Delete(recursive: true);
}
