using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace OrleansSync.Client.Store;

/// <summary>Hands events to everybody who listens. One that does not read loses the oldest, and is told so.</summary>
internal sealed class EventHub
{
    private const int MostWaiting = 1_000;

    private readonly Lock _gate = new();
    private Listener[] _listeners = [];

    public void Raise(SyncEvent what)
    {
        foreach (var listener in Volatile.Read(ref _listeners)) listener.Offer(what);
    }

    /// <summary>Listening begins with this call, not with the first read.</summary>
    public IAsyncEnumerable<SyncEvent> Listen(CancellationToken cancellationToken)
    {
        var listener = new Listener();
        lock (_gate) _listeners = [.. _listeners, listener];
        return ReadAsync(listener, cancellationToken);
    }

    /// <summary>The store closes: what waits is still read.</summary>
    public void End()
    {
        foreach (var listener in Volatile.Read(ref _listeners)) listener.End();
    }

    private async IAsyncEnumerable<SyncEvent> ReadAsync(Listener listener, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (await listener.WaitAsync(cancellationToken))
            {
                foreach (var what in listener.Take()) yield return what;
            }
        }
        finally
        {
            lock (_gate) _listeners = [.. _listeners.Where(one => one != listener)];
        }
    }

    private sealed class Listener
    {
        private readonly Channel<SyncEvent> _waiting;
        private long _missed;

        public Listener() => _waiting = Channel.CreateBounded<SyncEvent>(
            new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest },
            _ => Interlocked.Increment(ref _missed));

        public void Offer(SyncEvent what) => _waiting.Writer.TryWrite(what);

        public void End() => _waiting.Writer.TryComplete();

        public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _waiting.Reader.WaitToReadAsync(cancellationToken);

        public IEnumerable<SyncEvent> Take()
        {
            if (Interlocked.Exchange(ref _missed, 0) is > 0 and var missed) yield return new SyncEvent.Missed(missed);
            if (_waiting.Reader.TryRead(out var next)) yield return next;
        }
    }
}
