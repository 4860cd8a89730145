using Microsoft.Extensions.Logging;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Counts the rows that a device has taken in, from its log: event 1200 tells them page by page.</summary>
internal sealed class PulledRows : ILoggerFactory, ILogger
{
    private const int PageApplied = 1200;

    private long _rows;

    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Told after each page how many there were.</summary>
    public Action<long> OnRows { get; set; } = static _ => { };

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id != PageApplied || state is not IReadOnlyList<KeyValuePair<string, object?>> values) return;
        OnRows(Interlocked.Add(ref _rows, Convert.ToInt64(values.First(static value => value.Key == "Rows").Value, null)));
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // Nothing is held.
    }
}
