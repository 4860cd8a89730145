namespace OrleansSync.Testing;

/// <summary>What a test asserts of its world does not hold. The message tells what is there instead.</summary>
public sealed class SyncWorldException : Exception
{
    /// <summary>Makes one.</summary>
    public SyncWorldException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
