using Microsoft.Extensions.Logging;

namespace OrleansSync.Client.Sync;

/// <summary>
/// The app's logger, for code that must go on when it throws: a sink that was disposed before the store would otherwise
/// keep the scheduler from learning how a session ended, and syncing would stop without a word.
/// </summary>
internal sealed class TolerantLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // There is nowhere else to tell it.
        }
    }
}
