using OrleansSync.Client.OpLog;

namespace OrleansSync.Client.Sync;

/// <summary>What <see cref="SyncStatus"/> tells beyond the log's own numbers, which are read when asked for.</summary>
internal sealed class StatusTracker(ILocalLog log, TimeProvider time)
{
    private readonly Lock _gate = new();
    private SyncConnection _connection = SyncConnection.Offline;
    private DateTimeOffset? _lastSynced;
    private string? _lastError;

    public SyncStatus Current
    {
        get
        {
            var depth = log.Depth();
            lock (_gate)
            {
                return new SyncStatus(
                    _connection, depth.Pending + depth.InFlight, depth.DeadLetters, depth.OldestWrittenAt, _lastSynced, _lastError);
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

    public void SetConnection(SyncConnection connection)
    {
        lock (_gate) _connection = connection;
    }

    /// <summary><c>null</c>: syncing works again.</summary>
    public void SetError(string? error)
    {
        lock (_gate) _lastError = error;
    }

    /// <summary>The device holds all the server has; with nothing left to send it is in sync at this moment.</summary>
    public async Task NoteCurrentAsync(CancellationToken cancellationToken)
    {
        if (await log.RestAsync(cancellationToken) is not { AnyPending: false, AnyInFlight: false }) return;
        lock (_gate) _lastSynced = time.GetUtcNow();
    }
}
