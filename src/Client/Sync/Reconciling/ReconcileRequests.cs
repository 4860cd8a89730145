namespace OrleansSync.Client.Sync.Reconciling;

/// <summary>Those who have asked for a reconciliation and wait for its report. Thread-safe.</summary>
internal sealed class ReconcileRequests
{
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource<ReconcileReport>> _waiting = [];

    /// <summary>Joins the one that begins next.</summary>
    public TaskCompletionSource<ReconcileReport> Join()
    {
        var request = new TaskCompletionSource<ReconcileReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _waiting.Add(request);
        return request;
    }

    /// <summary>One that has not been served goes.</summary>
    public void Leave(TaskCompletionSource<ReconcileReport> request)
    {
        lock (_gate) _waiting.Remove(request);
    }

    /// <summary>All that wait are served by the one that begins.</summary>
    public IReadOnlyList<TaskCompletionSource<ReconcileReport>> Take()
    {
        lock (_gate)
        {
            var taken = _waiting.ToArray();
            _waiting.Clear();
            return taken;
        }
    }
}
