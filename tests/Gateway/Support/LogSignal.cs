using Microsoft.Extensions.Logging;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>Waits for the server to log one event: what it has decided and tells nobody else yet.</summary>
/// <param name="eventName">The name of the event's method.</param>
internal sealed class LogSignal(string eventName) : ILoggerProvider
{
    /// <summary>Released each time.</summary>
    public SemaphoreSlim Seen { get; } = new(0);

    public ILogger CreateLogger(string categoryName) => new Listening(eventName, Seen);

    public void Dispose()
    {
        // The test may still wait.
    }

    private sealed class Listening(string eventName, SemaphoreSlim seen) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == eventName) seen.Release();
        }
    }
}
