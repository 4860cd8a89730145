namespace OrleansSync.Client.Sync;

/// <summary>
/// Those who wait for a full sync. All that ask before it begins share it; who asks later shares the next one, because what
/// they wrote may not be in this one. Not thread-safe.
/// </summary>
internal sealed class SyncRequests
{
    private readonly List<SharedSync> _serving = [];
    private SharedSync _next = new();

    /// <summary>Joins the sync that begins next.</summary>
    public SharedSync Join()
    {
        _next.Waiting++;
        return _next;
    }

    /// <summary>One of those who joined has gone. True: nobody waits any more.</summary>
    public bool Leave(SharedSync joined)
    {
        joined.Waiting--;
        return _next.Waiting == 0 && _serving.TrueForAll(static sync => sync.Waiting == 0);
    }

    /// <summary>A full sync begins. One that was begun before and not finished goes on as this one.</summary>
    public void Begin()
    {
        if (_next.Waiting == 0) return;
        _serving.Add(_next);
        _next = new SharedSync();
    }

    public void Complete()
    {
        foreach (var sync in _serving) sync.Complete();
        _serving.Clear();
    }

    public void Fail(SyncException failure)
    {
        Begin();
        foreach (var sync in _serving) sync.Fail(failure);
        _serving.Clear();
    }
}

/// <summary>One full sync that several wait for.</summary>
internal sealed class SharedSync
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Waiting { get; set; }

    public Task Done => _done.Task;

    public void Complete() => _done.TrySetResult();

    public void Fail(SyncException failure)
    {
        // Whoever waited may have gone: reading the exception says that it was looked at.
        if (_done.TrySetException(failure)) _ = _done.Task.Exception;
    }
}
