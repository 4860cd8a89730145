using Microsoft.Extensions.Logging;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Tells of one kind of event in a device's log, with its values.</summary>
internal sealed class LogTap(int eventId, Action<IReadOnlyList<KeyValuePair<string, object?>>> told) : ILoggerFactory, ILogger
{
    /// <summary>The session is open.</summary>
    public const int HandshakeDone = 1001;

    /// <summary>A page is on the disk; says how many rows it had.</summary>
    public const int PageApplied = 1200;

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (id.Id == eventId && state is IReadOnlyList<KeyValuePair<string, object?>> values) told(values);
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // Nothing is held.
    }
}
