using System.Threading.Channels;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Postgres.Writing;

/// <summary>
/// What waits for the flushers, in order of arrival and bounded twice: by number and by rows. A group is whatever has queued
/// while the flushers were busy: no timers.
/// </summary>
internal sealed class CommitQueue(PostgresStoreOptions options)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<PendingCommit> _waiting = [];

    // Holds one signal at most: there is something to take.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _rows;
    private bool _closed;

    /// <exception cref="StoreUnavailableException">The queue is full, or the store is closing.</exception>
    public void Enqueue(PendingCommit commit)
    {
        lock (_gate)
        {
            if (_closed) throw new StoreUnavailableException("The store is closing.");
            if (_waiting.Count >= options.QueuedCommits)
                throw new StoreUnavailableException($"{options.QueuedCommits} commits wait for the database: try again later.");
            if (_waiting.Count > 0 && _rows + commit.Weight > options.QueuedRows)
                throw new StoreUnavailableException($"{_rows} rows wait for the database: try again later.");
            _waiting.AddLast(commit);
            _rows += commit.Weight;
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>One that was taken and left out goes before all others.</summary>
    public void Return(PendingCommit commit)
    {
        lock (_gate)
        {
            _waiting.AddFirst(commit);
            _rows += commit.Weight;
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>Nothing is let in any more; what waits is still taken.</summary>
    public void Close()
    {
        lock (_gate) _closed = true;
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Waits for work and takes what there is, up to a group's bounds and each scope at most once; empty: closed.</summary>
    public async Task<List<PendingCommit>> TakeAsync()
    {
        while (true)
        {
            await _signal.Reader.ReadAsync();
            List<PendingCommit> group;
            bool more;
            lock (_gate)
            {
                group = TakeWaiting();
                more = _waiting.Count > 0 || _closed;
            }

            // The other flushers have not been told of what is left, or of the end.
            if (more) _signal.Writer.TryWrite(true);
            if (group.Count > 0 || _closed) return group;
        }
    }

    private List<PendingCommit> TakeWaiting()
    {
        var group = new List<PendingCommit>();
        var scopes = new HashSet<long>();
        var rows = 0;
        for (var node = _waiting.First; node is not null && group.Count < options.GroupCommits && rows < options.GroupRows;)
        {
            var (commit, next) = (node.Value, node.Next);
            var alone = Flusher.CommitsAlone(commit);
            // A second commit of a scope is a rival owner's: its turn comes when the first has its answer.
            if ((alone && group.Count > 0) || scopes.Contains(commit.Scope))
            {
                node = next;
                continue;
            }

            _waiting.Remove(node);
            _rows -= commit.Weight;
            node = next;
            // A cancelled one has had its answer; one that came back has begun before.
            if (commit.TimesLocked == 0 && !commit.TryBegin()) continue;
            group.Add(commit);
            if (alone) break;
            scopes.Add(commit.Scope);
            rows += commit.Weight;
        }

        return group;
    }
}
