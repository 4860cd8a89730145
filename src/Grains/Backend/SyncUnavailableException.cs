namespace OrleansSync.Backend;

/// <summary>The server cannot answer now: a silo or the store is away, or the user's queue is full. It passes by itself.</summary>
public sealed class SyncUnavailableException : Exception
{
    internal static readonly TimeSpan RetryAfterFault = TimeSpan.FromSeconds(1);

    /// <param name="message">What is the matter, and what to do.</param>
    /// <param name="retryAfter">When to try again.</param>
    /// <param name="innerException">What was met.</param>
    public SyncUnavailableException(string message, TimeSpan retryAfter, Exception? innerException = null)
        : base(message, innerException) => RetryAfter = retryAfter;

    /// <summary>When to try again; never before.</summary>
    public TimeSpan RetryAfter { get; }
}
