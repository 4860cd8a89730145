using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Feed;

/// <summary>
/// Notices that wait for one reader. Past so many the oldest goes: the reader finds a gap then, and reads it from the feed at
/// its own speed, so a slow device costs no memory. A channel would do, at five times the memory of an idle watcher's.
/// </summary>
public sealed class NoticeQueue
{
    private const int MaxNotices = 32;

    private readonly Lock _gate = new();
    private Queue<CommitNotice>? _waiting;
    private TaskCompletionSource? _arrival;
    private bool _isClosed;

    public void Offer(CommitNotice notice)
    {
        lock (_gate)
        {
            _waiting ??= new(1);
            if (_waiting.Count == MaxNotices) _waiting.Dequeue();
            _waiting.Enqueue(notice);
            Signal();
        }
    }

    /// <summary>Nothing that waits is handed out any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Signal();
        }
    }

    /// <summary>The oldest one, once there is one; <c>null</c>: the queue is closed. For one reader at a time.</summary>
    public async ValueTask<CommitNotice?> TakeAsync()
    {
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (_isClosed) return null;
                if (_waiting?.TryDequeue(out var notice) == true) return notice;
                _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _arrival.Task;
            }

            await arrival;
        }
    }

    private void Signal()
    {
        _arrival?.TrySetResult();
        _arrival = null;
    }
}
