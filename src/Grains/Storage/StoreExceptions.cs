namespace OrleansSync.Grains.Storage;

/// <summary>The store could not be asked, and nothing was changed: back off and try again.</summary>
public sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException(string message, Exception? innerException = null) : base(message, innerException) { }
}

/// <summary>A commit was sent and its end was not seen: it may have been committed. A claim tells.</summary>
public sealed class StoreOutcomeUnknownException : Exception
{
    public StoreOutcomeUnknownException(string message, Exception? innerException = null) : base(message, innerException) { }
}
