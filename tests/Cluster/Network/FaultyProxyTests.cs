using System.Net;
using System.Net.Sockets;
using OrleansSync.Chaos.Network;

namespace OrleansSync.Cluster.Tests.Network;

/// <summary>The network does what a fault asks of it, and no more.</summary>
public sealed class FaultyProxyTests : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly FaultyProxy _proxy;

    public FaultyProxyTests()
    {
        _server.Start();
        _proxy = new FaultyProxy("network", ((IPEndPoint)_server.LocalEndpoint).Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Bytes_arrive_in_both_directions()
    {
        var (near, far) = await ConnectAsync();
        await near.SendAsync("up"u8.ToArray());
        Assert.Equal("up", await ReadAsync(far, 2));
        await far.SendAsync("down"u8.ToArray());
        Assert.Equal("down", await ReadAsync(near, 4));
    }

    [Fact]
    public async Task Answers_that_are_swallowed_never_arrive_and_the_connection_is_cut_when_it_heals()
    {
        var (near, far) = await ConnectAsync();
        _proxy.Down.Swallows = true;
        await far.SendAsync("answer"u8.ToArray());
        await near.SendAsync("up"u8.ToArray());
        Assert.Equal("up", await ReadAsync(far, 2));
        Assert.Equal(0, near.Available);

        _proxy.Heal();
        Assert.Equal("", await ReadAsync(near, 1));
    }

    [Fact]
    public async Task A_cut_ends_both_sides_and_new_connections_work()
    {
        var (near, far) = await ConnectAsync();
        _proxy.Cut();
        Assert.Equal("", await ReadAsync(near, 1));
        Assert.Equal("", await ReadAsync(far, 1));

        (near, far) = await ConnectAsync();
        await near.SendAsync("again"u8.ToArray());
        Assert.Equal("again", await ReadAsync(far, 5));
    }

    [Fact]
    public async Task A_cut_after_send_leaves_the_server_what_it_was_sent_and_its_connection()
    {
        var (near, far) = await ConnectAsync();
        _proxy.Down.Swallows = true;
        await near.SendAsync("commit"u8.ToArray());
        Assert.Equal("commit", await ReadAsync(far, 6));
        var unnoticed = _proxy.CutAfterSendAsync(TimeSpan.FromSeconds(2));
        var heard = ReadAsync(far, 1);
        Assert.Equal("", await ReadAsync(near, 1));
        Assert.False(heard.IsCompleted);

        await unnoticed;
        Assert.Equal("", await heard);
    }

    [Fact]
    public async Task Who_is_refused_gets_no_connection_until_it_is_over()
    {
        _proxy.Refuse(true);
        using (var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            // The end may come before the system has told that it is connected.
            var connected = await Record.ExceptionAsync(() => near.ConnectAsync(IPAddress.Loopback, _proxy.Port));
            if (connected is null) Assert.Equal("", await ReadAsync(near, 1));
            else Assert.IsType<SocketException>(connected);
        }

        _proxy.Refuse(false);
        var (again, far) = await ConnectAsync();
        await again.SendAsync("in"u8.ToArray());
        Assert.Equal("in", await ReadAsync(far, 2));
    }

    [Fact]
    public void A_throttled_direction_takes_as_long_as_its_rate_says()
    {
        var direction = new Direction { BytesPerSecond = 1_000, Delay = TimeSpan.FromMilliseconds(20) };
        Assert.Equal(TimeSpan.FromMilliseconds(520), direction.TimeFor(500));
        direction.Heal();
        Assert.Equal(TimeSpan.Zero, direction.TimeFor(500));
    }

    private async Task<(Socket Near, Socket Far)> ConnectAsync()
    {
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        return (near, await _server.AcceptSocketAsync().WaitAsync(Soon));
    }

    /// <summary>So many bytes, or fewer where the connection ended before.</summary>
    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        var buffer = new byte[count];
        var read = 0;
        try
        {
            while (read < count && await socket.ReceiveAsync(buffer.AsMemory(read)).AsTask().WaitAsync(Soon) is > 0 and var more) read += more;
        }
        catch (SocketException)
        {
            // It was reset.
        }

        return System.Text.Encoding.ASCII.GetString(buffer, 0, read);
    }
}
