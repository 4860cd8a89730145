using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansSync.Grains.Tests.Support;

/// <summary>Keeps what is logged as an error: a test that did not provoke it fails.</summary>
internal sealed class ErrorLog : ILogger
{
    private readonly ConcurrentQueue<string> _errors = new();

    /// <summary>What was logged since the last call.</summary>
    public string[] TakeErrors()
    {
        var taken = new List<string>();
        while (_errors.TryDequeue(out var error)) taken.Add(error);
        return [.. taken];
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _errors.Enqueue($"{eventId.Name}: {formatter(state, exception)} {exception}");
    }
}
