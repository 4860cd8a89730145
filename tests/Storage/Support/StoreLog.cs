using Microsoft.Extensions.Logging;

namespace OrleansSync.Storage.Tests.Support;

/// <summary>What a store logged: a test that did not provoke a complaint says that there was none.</summary>
public class StoreLog<T> : ILogger<T>
{
    private readonly List<string> _complaints = [];

    /// <summary>Warnings and errors so far.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_complaints) return [.. _complaints];
        }
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel level, EventId id, TState state, Exception? error, Func<TState, Exception?, string> format)
    {
        if (level < LogLevel.Warning) return;
        lock (_complaints) _complaints.Add($"{id.Id} {format(state, error)} {error}");
    }
}
