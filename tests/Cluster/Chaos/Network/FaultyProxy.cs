using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansSync.Chaos.Network;

/// <summary>
/// A loopback TCP proxy that is a bad network: delays, throttles, swallows and cuts, each direction on its own. Where it
/// leads to can change.
/// </summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ProxyLink, bool> _links = new();
    private readonly Task _accepting;
    private volatile IPEndPoint _target;
    private volatile bool _refuses;

    public FaultyProxy(string name, int port)
    {
        Name = name;
        _target = new IPEndPoint(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Name { get; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int TargetPort => _target.Port;

    /// <summary>From whoever connected to the server.</summary>
    public Direction Up { get; } = new();

    /// <summary>From the server.</summary>
    public Direction Down { get; } = new();

    /// <summary>Open connections.</summary>
    public int Links => _links.Count;

    /// <summary>New connections lead there; the open ones are cut.</summary>
    public void MoveTo(int port)
    {
        _target = new IPEndPoint(IPAddress.Loopback, port);
        Cut();
    }

    /// <summary>Cuts every open connection on both sides; new ones work.</summary>
    public void Cut()
    {
        foreach (var link in _links.Keys) link.Cut();
    }

    /// <summary>
    /// Cuts the near side of every open connection; the server goes on with what it was sent, and hears of it only after
    /// the given time.
    /// </summary>
    public Task CutAfterSendAsync(TimeSpan unnoticed) => Task.WhenAll(_links.Keys.Select(link => link.CutNearAsync(unnoticed)));

    /// <summary>Nobody gets through, old or new, until it is told otherwise.</summary>
    public void Refuse(bool refuses)
    {
        _refuses = refuses;
        if (refuses) Cut();
    }

    /// <summary>A good network again. Connections that bytes were swallowed on are cut: nothing sound can follow on them.</summary>
    public void Heal()
    {
        var broken = Up.Swallows || Down.Swallows;
        Up.Heal();
        Down.Heal();
        _refuses = false;
        if (broken) Cut();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var carrying = new List<Task>();
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_stop.Token);
                carrying.RemoveAll(static task => task.IsCompleted);
                if (_refuses) near.Close(0);
                else carrying.Add(CarryAsync(near));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }

        await Task.WhenAll(carrying);
    }

    private async Task CarryAsync(Socket near)
    {
        using var link = new ProxyLink(near, Up, Down);
        _links.TryAdd(link, true);
        try
        {
            await link.RunAsync(_target, _stop.Token);
        }
        finally
        {
            _links.TryRemove(link, out _);
        }
    }
}
