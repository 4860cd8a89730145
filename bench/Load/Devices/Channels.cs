using Grpc.Core;
using Grpc.Net.Client;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>Connections to a backend, each a device's own unless it is handed to several.</summary>
internal static class Channels
{
    // A pull's pages are about 1 MiB.
    private const int MaxMessage = 16 * 1024 * 1024;

    public static GrpcChannel Open(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = MaxMessage,
    });

    /// <summary>The development server takes the user's name as the token.</summary>
    public static Metadata HeadersOf(string user) => new() { { "authorization", $"Bearer dev:{user}" } };
}
