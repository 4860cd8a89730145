using System.Net;
using System.Net.Sockets;

namespace OrleansSync.Backends;

/// <summary>
/// A loopback TCP proxy that can go deaf: it still carries what the client sends, but swallows every answer, as a
/// network does that fails between the server's commit and the client's receipt.
/// </summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpClient> _connections = [];
    private readonly Uri _target;
    private readonly Task _accepting;
    private volatile bool _swallowAnswers;

    public CuttingProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Bytes of answers that never arrived.</summary>
    public long SwallowedBytes { get; private set; }

    /// <summary>From now on answers are swallowed.</summary>
    public void SwallowAnswers() => _swallowAnswers = true;

    /// <summary>Cuts every connection; new ones work again.</summary>
    public void CutAndHeal()
    {
        _swallowAnswers = false;
        lock (_connections)
        {
            foreach (var connection in _connections) connection.Dispose();
            _connections.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        CutAndHeal();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var pumps = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                pumps.Add(CarryAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }

        await Task.WhenAll(pumps);
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        lock (_connections) _connections.AddRange([client, server]);
        try
        {
            await server.ConnectAsync(_target.Host, _target.Port, _stop.Token);
            var up = PumpAsync(client.GetStream(), server.GetStream(), swallows: false);
            var down = PumpAsync(server.GetStream(), client.GetStream(), swallows: true);
            await Task.WhenAny(up, down);
            client.Dispose();
            server.Dispose();
            await Task.WhenAll(up, down);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A cut connection is what this proxy is for; the client notices by itself.
            client.Dispose();
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, bool swallows)
    {
        var buffer = new byte[32 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            if (swallows && _swallowAnswers) SwallowedBytes += read;
            else await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}
