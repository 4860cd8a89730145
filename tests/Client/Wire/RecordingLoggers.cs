using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Tests.Wire;

/// <summary>Keeps what is logged. Errors fail the test: the library logs one only for a fault of its own.</summary>
internal sealed class RecordingLoggers : ILoggerFactory
{
    private readonly ConcurrentQueue<(LogLevel Level, EventId Event, string Message)> _entries = new();

    public IEnumerable<string> Errors => Of(entry => entry.Level >= LogLevel.Error);

    /// <summary>How often the scheduler has come to a phase. It is logged at once, under the lock of the change.</summary>
    public int Entered(SessionPhase phase) =>
        Of(entry => entry.Event.Id == 1000 && entry.Message.EndsWith(phase.ToString(), StringComparison.Ordinal)).Count();

    /// <summary>How often an event was logged.</summary>
    public int Count(int eventId) => Of(entry => entry.Event.Id == eventId).Count();

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName.StartsWith("OrleansSync", StringComparison.Ordinal));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // Nothing is held open.
    }

    private IEnumerable<string> Of(Func<(LogLevel Level, EventId Event, string Message), bool> filter) =>
        _entries.Where(filter).Select(entry => entry.Message);

    private sealed class Recorder(RecordingLoggers owner, bool ours) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => ours;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (ours) owner._entries.Enqueue((logLevel, eventId, $"{formatter(state, exception)}{exception}"));
        }
    }
}
