using System.Threading.Channels;

namespace OrleansSync.Client.Sync;

/// <summary>Runs one session at a time in the background, and tells how it ended.</summary>
internal sealed class SessionHost(SessionParts parts, Action<SchedulerEvent> report, Action<Exception?> ended) : IAsyncDisposable
{
    private CancellationTokenSource? _end;
    private Channel<SessionOrder>? _orders;

    private Task _running = Task.CompletedTask;

    public void Open(bool watch)
    {
        var end = _end = new CancellationTokenSource();
        // The scheduler gives no order before the last one is reported done: one place is enough.
        var orders = _orders = Channel.CreateBounded<SessionOrder>(1);
        var session = new SyncSession(parts, orders.Reader, report);
        _running = Task.Run(() => RunAsync(session, watch, end));
    }

    public void Order(SessionOrder order) => _orders?.Writer.TryWrite(order);

    /// <summary>Asks the session to end; the end is told as usual. Callbacks of the cancellation run elsewhere.</summary>
    public void Close() => _ = _end?.CancelAsync();

    /// <summary>Waits for the session that was asked to end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _running;
        _end?.Dispose();
    }

    private async Task RunAsync(SyncSession session, bool watch, CancellationTokenSource end)
    {
        Exception? fault = null;
        try
        {
            await session.RunAsync(watch, end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Asked for.
        }
        catch (Exception exception)
        {
            fault = exception;
            parts.Handshaker.Forget();
        }

        ended(fault);
    }
}
