using Microsoft.Extensions.Logging;
using OrleansSync.Chaos.History;

namespace OrleansSync.Chaos.Devices;

/// <summary>The library's warnings and errors, in the history of the device.</summary>
internal sealed class HistoryLogger(HistoryFile history) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("OrleansSync", StringComparison.Ordinal)
        ? this
        : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) history.Add(new Logged(logLevel.ToString(), eventId.Id, $"{formatter(state, exception)} {exception}".TrimEnd()));
    }

    public void Dispose()
    {
        // The history belongs to the device.
    }
}
