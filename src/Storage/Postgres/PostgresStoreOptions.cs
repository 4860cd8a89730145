using Npgsql;

namespace OrleansSync.Storage.Postgres;

/// <summary>Where the store is and how much it may hold. Every limit ends in a clear error or in waiting, never in growth.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>A database that exists, and a user who may create tables in it.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// Connections that commit, each one statement at a time. Two keep a database of few cores busy while one of them waits for its
    /// disk; more make smaller groups.
    /// </summary>
    public int Flushers { get; init; } = 2;

    /// <summary>Connections of reads, claims and sessions together.</summary>
    public int Connections { get; init; } = 16;

    /// <summary>Calls that may be waiting for one of those connections; past it they end in StoreUnavailableException.</summary>
    public int QueuedCalls { get; init; } = 4_096;

    /// <summary>Commits that may wait for a flusher; past it they end in StoreUnavailableException.</summary>
    public int QueuedCommits { get; init; } = 4_096;

    /// <summary>Rows and journal entries that the waiting commits may hold together; a larger commit is let in when nothing waits.</summary>
    public int QueuedRows { get; init; } = 200_000;

    /// <summary>Commits that one statement takes together.</summary>
    public int GroupCommits { get; init; } = 512;

    /// <summary>A statement takes no further commit once it has this many rows and journal entries: bounds how long all wait.</summary>
    public int GroupRows { get; init; } = 2_048;

    /// <summary>How long a statement may take before its end counts as unknown.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a statement waits for another one's lock.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A commit of one operation that is alone has a statement of its own. Without, it has the one for many, which must do the same.</summary>
    internal bool HasSingleStatement { get; init; } = true;

    /// <exception cref="ArgumentException">Names every fault at once.</exception>
    public static void Validate(PostgresStoreOptions options)
    {
        List<string> faults = [];
        CheckConnectionString(options.ConnectionString, faults);
        Range(nameof(Flushers), options.Flushers, 1, 4);
        Range(nameof(Connections), options.Connections, 1, 1_000);
        Range(nameof(QueuedCalls), options.QueuedCalls, 1, 1_000_000);
        Range(nameof(QueuedCommits), options.QueuedCommits, 1, 1_000_000);
        Range(nameof(QueuedRows), options.QueuedRows, 1, 10_000_000);
        Range(nameof(GroupCommits), options.GroupCommits, 1, 10_000);
        Range(nameof(GroupRows), options.GroupRows, 1, 100_000);
        Duration(nameof(CommandTimeout), options.CommandTimeout);
        Duration(nameof(LockTimeout), options.LockTimeout);
        if (options.LockTimeout >= options.CommandTimeout)
            faults.Add($"LockTimeout is {options.LockTimeout}: use less than CommandTimeout ({options.CommandTimeout}).");
        if (faults.Count > 0) throw new ArgumentException(string.Join(' ', faults), nameof(options));

        void Range(string name, int value, int min, int max)
        {
            if (value < min || value > max) faults.Add($"{name} is {value}: use {min} to {max}.");
        }

        void Duration(string name, TimeSpan value)
        {
            if (value < TimeSpan.FromSeconds(1) || value > TimeSpan.FromMinutes(1))
                faults.Add($"{name} is {value}: use one second to one minute.");
        }
    }

    // The text itself is never repeated: it may hold a password.
    private static void CheckConnectionString(string text, List<string> faults)
    {
        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrWhiteSpace(parsed.Host)) faults.Add("ConnectionString names no Host.");
            if (string.IsNullOrWhiteSpace(parsed.Database)) faults.Add("ConnectionString names no Database.");
        }
        catch (ArgumentException error)
        {
            faults.Add($"ConnectionString is none of PostgreSQL's: {error.Message}");
        }
    }
}
