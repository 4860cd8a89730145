using OrleansSync.Grains.Storage;

namespace OrleansSync.Silo;

/// <summary>Where a silo keeps its data: named, never inferred.</summary>
public abstract record SiloStorage
{
    private SiloStorage() { }

    /// <summary>Two SQLite files in a folder, which is created when absent: <c>sync.db</c> and <c>grains.db</c>. For one process.</summary>
    public static SiloStorage Sqlite(string dataFolder) => new SqliteFiles(dataFolder);

    /// <summary>A PostgreSQL database that exists; its tables are made when absent. Many silos share it.</summary>
    public static SiloStorage Postgres(string connectionString) => new PostgresDatabase(connectionString);

    /// <summary>A store that the caller owns, and device profiles in memory: for tests, where several silos share one.</summary>
    public static SiloStorage Shared(ISyncStore store) => new SharedStore(store);

    internal sealed record SqliteFiles(string Folder) : SiloStorage;

    internal sealed record PostgresDatabase(string ConnectionString) : SiloStorage
    {
        // A record prints what it holds, and this may hold a password.
        public override string ToString() => "Postgres";
    }

    internal sealed record SharedStore(ISyncStore Store) : SiloStorage;
}
