using Microsoft.Extensions.Logging;
using OrleansSync.Storage.Sqlite;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>A folder of its own for a store's file, removed at the end, and what the stores in it logged.</summary>
public sealed class StoreFolder : IDisposable, ILogger<SqliteStore>
{
    private readonly List<string> _errors = [];

    public StoreFolder() => Options = new SqliteStoreOptions
    {
        Path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("orleanssync-store-").FullName, "data", "sync.db"),
    };

    public SqliteStoreOptions Options { get; }

    public string Path => Options.Path;

    /// <summary>Warnings and errors so far. A test that expects none says so.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_errors) return [.. _errors];
        }
    }

    public SqliteStore Open(SqliteStoreOptions? options = null, TimeProvider? time = null) =>
        SqliteStore.Open(options ?? Options, this, time);

    public void Dispose() => Directory.GetParent(Path)!.Parent!.Delete(recursive: true);

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel level, EventId id, TState state, Exception? error, Func<TState, Exception?, string> format)
    {
        if (level < LogLevel.Warning) return;
        lock (_errors) _errors.Add($"{id.Id} {format(state, error)} {error}");
    }
}
