namespace OrleansSync.Testing.Server;

/// <summary>Where the calls of all devices arrive; behind it the server may go and come back.</summary>
internal sealed class ServerLink : HttpMessageHandler
{
    private volatile HttpMessageInvoker? _server;

    /// <summary>The server is there.</summary>
    public void Connect(HttpMessageHandler server) => _server = new HttpMessageInvoker(server);

    /// <summary>It is not, and calls find nobody.</summary>
    public void Disconnect() => _server = null;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _server?.SendAsync(request, cancellationToken) ?? throw new HttpRequestException("The server of the world is down.");
}
