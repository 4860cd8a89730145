namespace OrleansSync.Storage.Sqlite;

/// <summary>Where the store is and how much it may hold. Every limit ends in a clear error or in waiting, never in growth.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database file; its folder is made when absent. Beside it lie -wal, -shm and .lock.</summary>
    public required string Path { get; init; }

    /// <summary>Writes that may wait for the writer; past it they end in StoreUnavailableException.</summary>
    public int QueuedWrites { get; init; } = 4_096;

    /// <summary>Rows and journal entries that the waiting writes may hold together; a larger write is let in when nothing waits.</summary>
    public int QueuedRows { get; init; } = 200_000;

    /// <summary>Writes that one transaction takes together.</summary>
    public int GroupWrites { get; init; } = 512;

    /// <summary>A transaction takes no further write once it has this many rows and journal entries: bounds how long all wait.</summary>
    public int GroupRows { get; init; } = 8_192;

    /// <summary>Read connections, each used by one read at a time.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>Reads that may wait for a connection; past it they end in StoreUnavailableException.</summary>
    public int QueuedReads { get; init; } = 4_096;

    /// <summary>
    /// Page cache of the writer, MiB; twice what it writes between two checkpoints. More costs more than it saves: SQLite looks through all of it
    /// after a commit, and what is not in it is in the operating system's cache.
    /// </summary>
    public int CacheMebibytes { get; init; } = 32;

    /// <summary>
    /// How large the file may grow, MiB; 0: as large as the disk. Past it writes that need room end in
    /// StoreUnavailableException, reads go on, and opening with a higher limit mends it.
    /// </summary>
    public int MaxMebibytes { get; init; }

    /// <summary>How long a write waits for a lock that another process holds on the file (a backup, a shell).</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <exception cref="ArgumentException">Names every fault at once.</exception>
    public static void Validate(SqliteStoreOptions options)
    {
        List<string> faults = [];
        if (string.IsNullOrWhiteSpace(options.Path)) faults.Add("Path is empty: name the database file.");
        Range(nameof(QueuedWrites), options.QueuedWrites, 1, 1_000_000);
        Range(nameof(QueuedRows), options.QueuedRows, 1, 10_000_000);
        Range(nameof(GroupWrites), options.GroupWrites, 1, 100_000);
        Range(nameof(GroupRows), options.GroupRows, 1, 1_000_000);
        Range(nameof(Readers), options.Readers, 1, 64);
        Range(nameof(QueuedReads), options.QueuedReads, 1, 1_000_000);
        Range(nameof(CacheMebibytes), options.CacheMebibytes, 1, 65_536);
        Range(nameof(MaxMebibytes), options.MaxMebibytes, 0, 1 << 23);
        if (options.BusyTimeout <= TimeSpan.Zero || options.BusyTimeout > TimeSpan.FromMinutes(1))
            faults.Add($"BusyTimeout is {options.BusyTimeout}: use more than 0 and at most one minute.");
        if (faults.Count > 0) throw new ArgumentException(string.Join(' ', faults), nameof(options));

        void Range(string name, int value, int min, int max)
        {
            if (value < min || value > max) faults.Add($"{name} is {value}: use {min} to {max}.");
        }
    }
}
