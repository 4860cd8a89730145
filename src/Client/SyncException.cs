using OrleansSync.Client.Transport;

namespace OrleansSync.Client;

/// <summary>The one exception of the client library: a code, the fact, the remedy.</summary>
public sealed class SyncException : Exception
{
    /// <summary>Makes one.</summary>
    public SyncException(string code, string message, bool isTransient = false, TimeSpan? retryAfter = null, Exception? innerException = null)
        : base($"{code} {message}", innerException)
    {
        Code = code;
        IsTransient = isTransient;
        RetryAfter = retryAfter;
    }

    /// <summary>Stable code, "OS" and four digits; README lists them with their remedies.</summary>
    public string Code { get; }

    /// <summary>The same call may succeed later.</summary>
    public bool IsTransient { get; }

    /// <summary>When the server asked to try again.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>What a failed call means to the engine; <c>null</c> for errors that are not of a call.</summary>
    internal GatewayFault? Fault { get; init; }
}
