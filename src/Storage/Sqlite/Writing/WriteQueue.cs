using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Sqlite.Writing;

/// <summary>
/// What waits for the writer, in order of arrival and bounded twice: by number and by rows. A group is whatever has queued
/// while the last one was written: no timers.
/// </summary>
internal sealed class WriteQueue(SqliteStoreOptions options)
{
    private readonly object _gate = new();
    private readonly Queue<WriteRequest> _waiting = [];
    private readonly HashSet<string> _scopes = [];
    private long _rows;
    private bool _closed;

    /// <exception cref="StoreUnavailableException">The queue is full, or the store is closing.</exception>
    public void Enqueue(WriteRequest request)
    {
        lock (_gate)
        {
            if (_closed) throw new StoreUnavailableException("The store is closing.");
            if (_waiting.Count >= options.QueuedWrites)
                throw new StoreUnavailableException($"{options.QueuedWrites} writes wait for the writer: try again later.");
            if (_waiting.Count > 0 && _rows + request.Rows > options.QueuedRows)
                throw new StoreUnavailableException($"{_rows} rows wait for the writer: try again later.");
            _waiting.Enqueue(request);
            _rows += request.Rows;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Nothing is let in any more; what waits is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Waits for work and takes what there is, up to a group's bounds and each scope at most once: a second write of a
    /// scope ends the group and begins the next one, so that order of arrival holds. False: closed and empty.
    /// </summary>
    public bool TakeGroup(List<WriteRequest> group)
    {
        group.Clear();
        _scopes.Clear();
        lock (_gate)
        {
            while (group.Count == 0)
            {
                while (_waiting.Count == 0)
                {
                    if (_closed) return false;
                    Monitor.Wait(_gate);
                }

                TakeWaiting(group);
            }
        }

        return true;
    }

    private void TakeWaiting(List<WriteRequest> group)
    {
        var rows = 0;
        while (group.Count < options.GroupWrites && rows < options.GroupRows && _waiting.TryPeek(out var request))
        {
            if (_scopes.Contains(request.Scope.Value)) return;
            _waiting.Dequeue();
            _rows -= request.Rows;
            // A cancelled one has had its answer.
            if (!request.TryBegin()) continue;
            _scopes.Add(request.Scope.Value);
            group.Add(request);
            rows += request.Rows;
        }
    }
}
