using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansSync.Gateway.Hosting;

/// <summary>Listens on the loopback addresses, gRPC and HTTP/1.1 on a port each: without TLS, a port speaks one of the two.</summary>
internal sealed class BoundPorts(LoopbackPorts wanted)
{
    private ListenOptions? _grpc;
    private ListenOptions? _http;

    /// <summary>The port that is listened on, once the server has started.</summary>
    public int Grpc => _grpc?.IPEndPoint?.Port ?? wanted.Grpc;

    public int Http => _http?.IPEndPoint?.Port ?? wanted.Http;

    public void Listen(KestrelServerOptions kestrel)
    {
        Listen(kestrel, wanted.Grpc, HttpProtocols.Http2, options => _grpc = options);
        Listen(kestrel, wanted.Http, HttpProtocols.Http1, options => _http = options);
    }

    /// <summary>Asks before the silo has started, so that a port that is taken costs nothing else.</summary>
    /// <exception cref="IOException">Another process listens on one of the ports.</exception>
    public void ThrowIfTaken()
    {
        foreach (var port in new[] { wanted.Grpc, wanted.Http })
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
            }
            catch (SocketException exception)
            {
                throw new IOException(
                    $"Port {port} cannot be listened on: {exception.Message}. Stop what has it, or choose others: "
                    + "--grpc-port 0 --http-port 0 takes free ones.",
                    exception);
            }
        }
    }

    private static void Listen(KestrelServerOptions kestrel, int port, HttpProtocols protocols, Action<ListenOptions> keep)
    {
        // A free port is free on one address family; the other may have it in use.
        if (port == 0) kestrel.Listen(IPAddress.Loopback, port, options => Configure(options));
        else kestrel.ListenLocalhost(port, options => Configure(options));

        void Configure(ListenOptions options)
        {
            options.Protocols = protocols;
            keep(options);
        }
    }
}
