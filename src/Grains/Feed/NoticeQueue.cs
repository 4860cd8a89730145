using System.Threading.Tasks.Sources;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Feed;

/// <summary>
/// Notices that wait for one reader. Past so many the oldest goes: the reader finds a gap then, and reads it from the feed at
/// its own speed, so a slow device costs no memory. A channel would do, at many times the memory of an idle watcher's.
/// </summary>
public sealed class NoticeQueue : IValueTaskSource<CommitNotice?>
{
    private const int MaxNotices = 32;

    private readonly Lock _gate = new();
    private Queue<CommitNotice>? _waiting;
    private ManualResetValueTaskSourceCore<CommitNotice?> _arrival = new() { RunContinuationsAsynchronously = true };
    private bool _isAwaited;
    private bool _isClosed;

    public void Offer(CommitNotice notice)
    {
        lock (_gate)
        {
            if (_isClosed) return;
            if (!_isAwaited)
            {
                _waiting ??= new(1);
                if (_waiting.Count == MaxNotices) _waiting.Dequeue();
                _waiting.Enqueue(notice);
                return;
            }

            Answer(notice);
        }
    }

    /// <summary>Nothing that waits is handed out any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_isAwaited) Answer(null);
        }
    }

    /// <summary>The oldest one, once there is one; <c>null</c>: the queue is closed. For one reader at a time, who waits for it once.</summary>
    public ValueTask<CommitNotice?> TakeAsync()
    {
        lock (_gate)
        {
            if (_isClosed) return default;
            if (_waiting?.TryDequeue(out var notice) == true) return new(notice);
            _arrival.Reset();
            _isAwaited = true;
            return new(this, _arrival.Version);
        }
    }

    // Inside the lock: a reader who sees the result before this returns could otherwise begin the next wait, and be woken from it by this one.
    private void Answer(CommitNotice? notice)
    {
        _isAwaited = false;
        _arrival.SetResult(notice);
    }

    CommitNotice? IValueTaskSource<CommitNotice?>.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<CommitNotice?>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<CommitNotice?>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);
}
