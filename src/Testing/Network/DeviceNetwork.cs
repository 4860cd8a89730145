using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Testing.Network;

/// <summary>What lies between one device and the server. It breaks as networks do: calls fail and streams end, at once and without a status.</summary>
internal sealed class DeviceNetwork(HttpMessageHandler server, bool isUp) : HttpMessageHandler, IDeviceConditions
{
    private readonly Lock _gate = new();
    // Not this device's alone.
    private readonly HttpMessageInvoker _server = new(server, disposeHandler: false);

    // What all calls share until it breaks. Never disposed while it may: it has no timer.
    private CancellationTokenSource _connection = new();
    private bool _isUp = isUp;
    private bool _carriesNothing;
    private int _losses;

    /// <inheritdoc/>
    public event Action? Changed;

    /// <summary>Whether the device waits for the outcome of an operation.</summary>
    public Func<OperationId, bool> Awaits { get; set; } = static _ => false;

    public bool IsUp
    {
        get
        {
            lock (_gate) return _isUp;
        }
    }

    /// <inheritdoc/>
    public DeviceConditions Current => new(NetworkAvailable: IsUp);

    /// <summary>The device sees that the network comes or goes, as a phone does; when it goes, all streams break.</summary>
    public void Set(bool isUp)
    {
        lock (_gate)
        {
            if (_isUp == isUp) return;
            _isUp = isUp;
        }

        // Told first: a device that knows does not try.
        Changed?.Invoke();
        if (!isUp) Cut();
    }

    /// <summary>Fails for as long as it takes <paramref name="noticed"/>, without a word: a session may be between two calls.</summary>
    public async Task FailAsync(Func<Task> noticed)
    {
        lock (_gate) _carriesNothing = true;
        Cut();
        await noticed();
        lock (_gate) _carriesNothing = false;
    }

    /// <summary>The connection breaks under the next message that tells the device an outcome: an acknowledgement, or a page that is faster.</summary>
    public void LoseAcknowledgement()
    {
        lock (_gate) _losses++;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CancellationToken broken;
        lock (_gate)
        {
            if (!_isUp) throw new HttpRequestException("The device has no network.");
            if (_carriesNothing) throw new HttpRequestException("The connection was cut.");
            broken = _connection.Token;
        }

        var call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, broken);
        try
        {
            var response = await _server.SendAsync(request, call.Token);
            var path = request.RequestUri!.AbsolutePath;
            response.Content = new BreakableContent(response.Content, call, message => BreaksAt(path, message, broken), broken);
            return response;
        }
        catch (Exception failure)
        {
            call.Dispose();
            if (failure is OperationCanceledException && broken.IsCancellationRequested) throw new HttpRequestException("The connection was cut.", failure);
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _server.Dispose();
            _connection.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Cut()
    {
        CancellationTokenSource cut;
        lock (_gate) (cut, _connection) = (_connection, new CancellationTokenSource());
        cut.Cancel();
    }

    /// <summary>Whether a message is lost. One that was read before another stream broke the connection is, too.</summary>
    private bool BreaksAt(string path, ReadOnlyMemory<byte> message, CancellationToken broken)
    {
        bool armed;
        lock (_gate)
        {
            if (_connection.Token != broken) return true;
            armed = _losses > 0;
        }

        if (!armed || !Answers.OutcomesIn(path, message).Any(Awaits)) return false;
        CancellationTokenSource cut;
        lock (_gate)
        {
            if (_connection.Token != broken) return true;
            _losses--;
            (cut, _connection) = (_connection, new CancellationTokenSource());
        }

        cut.Cancel();
        return true;
    }
}
