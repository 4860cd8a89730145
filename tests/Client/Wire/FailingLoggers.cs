using Microsoft.Extensions.Logging;

namespace OrleansSync.Client.Tests.Wire;

/// <summary>Loggers of the client that throw whatever is logged, as a sink does that was disposed too early.</summary>
internal sealed class FailingLoggers : ILoggerFactory
{
    private int _failed;

    public int Failed => Volatile.Read(ref _failed);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => new Failing(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Failing(FailingLoggers owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => category == "OrleansSync.Client";

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref owner._failed);
            throw new ObjectDisposedException("the sink of the app");
        }
    }
}
