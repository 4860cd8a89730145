using OrleansSync.Protocol.V1;

namespace OrleansSync.Chaos.Devices.Wire;

/// <summary>Who wants to know what a device sends and receives, before the server or the device does.</summary>
internal interface IWireListener
{
    void OnPush(PushRequest message, string authorization);

    void OnPushed(PushResponse message);

    void OnPage(Page page);
}

/// <summary>Below the device's gRPC channel: shows every message of Push, Pull and Watch to the listener, and changes nothing.</summary>
internal sealed class WireTap(HttpMessageHandler inner, IWireListener listener) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = request.RequestUri!.Segments[^1];
        if (request.Content is { } content && Sent(call, request) is { } sent) request.Content = new TappedRequest(content, sent);
        var response = await base.SendAsync(request, cancellationToken);
        if (Received(call) is { } received) response.Content = new TappedResponse(response.Content, received);
        return response;
    }

    private MessageFrames? Sent(string call, HttpRequestMessage request)
    {
        if (call != "Push") return null;
        var authorization = request.Headers.GetValues("authorization").Single();
        return new MessageFrames(message => listener.OnPush(PushRequest.Parser.ParseFrom(message.Span), authorization));
    }

    private MessageFrames? Received(string call) => call switch
    {
        "Push" => new MessageFrames(message => listener.OnPushed(PushResponse.Parser.ParseFrom(message.Span))),
        "Pull" => new MessageFrames(message => listener.OnPage(PullResponse.Parser.ParseFrom(message.Span).Page)),
        "Watch" => new MessageFrames(message => listener.OnPage(WatchResponse.Parser.ParseFrom(message.Span).Page)),
        _ => null,
    };
}
