namespace OrleansSync.Client.Sync;

/// <summary>Ends a listening.</summary>
internal sealed class Listening(Action end) : IDisposable
{
    public void Dispose() => end();
}
