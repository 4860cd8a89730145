using OrleansSync.Client.OpLog;

namespace OrleansSync.Client.Sync;

/// <summary>What <see cref="SyncStatus"/> tells beyond the log's own numbers, which are read when asked for.</summary>
internal sealed class StatusTracker(ILocalLog log, TimeProvider time)
{
    private readonly Lock _gate = new();
    private SyncConnection _connection = SyncConnection.Offline;
    private SyncProgress? _pushing;
    private SyncProgress? _pulling;
    private SyncProgress? _reconciling;
    private DateTimeOffset? _lastSynced;
    private string? _lastError;

    /// <summary>Something is told differently. Must return fast.</summary>
    public event Action? Changed;

    public SyncStatus Current
    {
        get
        {
            var depth = log.Depth();
            lock (_gate)
            {
                return new SyncStatus(_connection, depth.Pending + depth.InFlight, depth.DeadLetters, depth.OldestWrittenAt, _lastSynced, _lastError)
                {
                    Pushing = _pushing,
                    Pulling = _pulling,
                    Reconciling = _reconciling,
                };
            }
        }
    }

    public bool IsOnline
    {
        get
        {
            lock (_gate) return _connection == SyncConnection.Online;
        }
    }

    public void SetConnection(SyncConnection connection) => Set(() => _connection = connection);

    /// <summary><c>null</c>: syncing works again.</summary>
    public void SetError(string? error) => Set(() => _lastError = error);

    /// <summary><c>null</c>: no push of several batches is under way.</summary>
    public void SetPushing(SyncProgress? progress) => Set(() => _pushing = progress);

    /// <summary><c>null</c>: no pull of several pages is under way.</summary>
    public void SetPulling(SyncProgress? progress) => Set(() => _pulling = progress);

    /// <summary><c>null</c>: no reconciliation is under way.</summary>
    public void SetReconciling(SyncProgress? progress) => Set(() => _reconciling = progress);

    /// <summary>The device holds all the server has; with nothing left to send it is in sync at this moment.</summary>
    public async Task NoteCurrentAsync(CancellationToken cancellationToken)
    {
        if (await log.RestAsync(cancellationToken) is { AnyPending: false, AnyInFlight: false }) Set(() => _lastSynced = time.GetUtcNow());
    }

    private void Set(Action change)
    {
        lock (_gate) change();
        Changed?.Invoke();
    }
}
