using System.Net;
using System.Net.Sockets;

namespace OrleansSync.Chaos.Network;

/// <summary>One connection through the proxy: the near side connected to it, the far side is the server.</summary>
internal sealed class ProxyLink(Socket near, Direction up, Direction down) : IDisposable
{
    private readonly Socket _far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new();
    private volatile bool _nearIsCut;

    /// <summary>Carries until one side ends, or it is cut.</summary>
    public async Task RunAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        try
        {
            (near.NoDelay, _far.NoDelay) = (true, true);
            await _far.ConnectAsync(target, stop.Token);
            var upward = PumpAsync(near, _far, up, stop.Token);
            var downward = PumpAsync(_far, near, down, stop.Token);
            await Task.WhenAny(upward, downward);
            if (!_nearIsCut) await _end.CancelAsync();
            await Task.WhenAll(upward, downward);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // A cut connection is what this proxy is for; both sides notice by themselves.
        }

        if (_nearIsCut) await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Reset(near);
        Reset(_far);
    }

    public void Cut()
    {
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Cuts the near side at once and the far side after a while.</summary>
    public async Task CutNearAsync(TimeSpan later)
    {
        _nearIsCut = true;
        Reset(near);
        await Task.Delay(later);
        Cut();
    }

    public void Dispose()
    {
        near.Dispose();
        _far.Dispose();
        _end.Dispose();
    }

    /// <summary>With RST: there is no goodbye on a cut cable.</summary>
    private static void Reset(Socket socket)
    {
        try
        {
            socket.Close(0);
        }
        catch (ObjectDisposedException)
        {
            // It is gone already.
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Direction direction, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (direction.TimeFor(count) is var time && time > TimeSpan.Zero) await Task.Delay(time, cancellationToken);
            if (direction.Swallows) continue;
            var sent = 0;
            while (sent < count) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancellationToken);
        }
    }
}
