using OrleansSync.Sqlite;

namespace OrleansSync.Storage.Sqlite;

/// <summary>The settings of the store's connections, as measured for a single writer with page-sized readers beside it.</summary>
internal static class Connection
{
    // A file keeps the page size it was made with, which is this one.
    private const int PageBytes = 4096;

    /// <summary>After so many pages of log (16 MiB) a checkpoint begins beside the writer.</summary>
    public const int CheckpointPages = 4_000;

    // SQLite's own limit, which is what 0 MiB means.
    private const long MostPages = 0xFFFFFFFE;
    private const int OwnCheckpointPages = 4 * CheckpointPages;
    private const int KeptLogBytes = 64 * 1024 * 1024;
    private const int ReaderCacheKibibytes = 16 * 1024;

    /// <summary>
    /// FULL syncs the log at every commit: what is answered survives a power cut. The writer's own checkpoints, at 16,000 pages (64 MiB) of log, are for
    /// what <see cref="Writing.Checkpointer"/> cannot finish while writes never pause.
    /// </summary>
    public static SqliteDatabase OpenWriter(SqliteStoreOptions options)
    {
        var database = new SqliteDatabase(options.Path, options.BusyTimeout);
        return Configure(
            database,
            "PRAGMA synchronous=FULL",
            $"PRAGMA wal_autocheckpoint={OwnCheckpointPages}",
            $"PRAGMA journal_size_limit={KeptLogBytes}",
            $"PRAGMA cache_size=-{options.CacheMebibytes * 1024L}",
            $"PRAGMA max_page_count={(options.MaxMebibytes == 0 ? MostPages : options.MaxMebibytes * (1024L * 1024 / PageBytes))}",
            // The pages that a savepoint keeps for undoing belong in memory.
            "PRAGMA temp_store=MEMORY");
    }

    public static SqliteDatabase OpenReader(SqliteStoreOptions options)
    {
        var database = new SqliteDatabase(options.Path, options.BusyTimeout);
        return Configure(database, "PRAGMA query_only=ON", $"PRAGMA cache_size=-{ReaderCacheKibibytes}");
    }

    public static SqliteDatabase OpenCheckpointer(SqliteStoreOptions options)
    {
        var database = new SqliteDatabase(options.Path, options.BusyTimeout);
        return Configure(database, "PRAGMA synchronous=FULL");
    }

    /// <summary>What is a property of the file, not of a connection. The page size takes effect only in an empty one.</summary>
    public static void PrepareFile(SqliteDatabase database)
    {
        database.Execute($"PRAGMA page_size={PageBytes}");
        var mode = database.Execute("PRAGMA journal_mode=WAL");
        if (mode != "wal")
            throw new InvalidOperationException($"The file system has no write-ahead log (journal mode is {mode}): use a local disk.");
    }

    private static SqliteDatabase Configure(SqliteDatabase database, params ReadOnlySpan<string> pragmas)
    {
        try
        {
            foreach (var pragma in pragmas) database.Execute(pragma);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
