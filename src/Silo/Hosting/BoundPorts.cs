using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Silo.Hosting;

/// <summary>
/// Listens where the settings say, gRPC and HTTP/1.1 on a port each: without TLS, a port speaks one of the two. A silo has no
/// gRPC port.
/// </summary>
internal sealed class BoundPorts(ListenSettings wanted, bool servesGrpc)
{
    private ListenOptions? _grpc;
    private ListenOptions? _http;

    /// <summary>Where devices connect, once the server has started.</summary>
    public string GrpcAddress => AddressOf(_grpc?.IPEndPoint?.Port ?? wanted.Grpc);

    public string HttpAddress => AddressOf(_http?.IPEndPoint?.Port ?? wanted.Http);

    private IPAddress? Address => wanted.IPAddress;

    public void Listen(KestrelServerOptions kestrel)
    {
        if (servesGrpc) Listen(kestrel, wanted.Grpc, HttpProtocols.Http2, options => _grpc = options);
        Listen(kestrel, wanted.Http, HttpProtocols.Http1, options => _http = options);
    }

    /// <summary>Asks before the silo has started, so that a port that is taken costs nothing else.</summary>
    /// <exception cref="IOException">Another process listens on one of the ports.</exception>
    public void ThrowIfTaken()
    {
        foreach (var port in servesGrpc ? new[] { wanted.Grpc, wanted.Http } : [wanted.Http])
        {
            using var probe = new TcpListener(Address ?? IPAddress.Loopback, port);
            try
            {
                probe.Start();
            }
            catch (SocketException exception)
            {
                throw new IOException(
                    $"Port {port} cannot be listened on: {exception.Message}. Stop what has it, or choose others: "
                    + (servesGrpc ? "--grpc-port 0 --http-port 0 takes free ones." : "--http-port 0 takes a free one."),
                    exception);
            }
        }
    }

    private void Listen(KestrelServerOptions kestrel, int port, HttpProtocols protocols, Action<ListenOptions> keep)
    {
        if (Address is { } address) kestrel.Listen(address, port, Configure);
        // A free port is free on one address family; the other may have it in use.
        else if (port == 0) kestrel.Listen(IPAddress.Loopback, port, Configure);
        else kestrel.ListenLocalhost(port, Configure);

        void Configure(ListenOptions options)
        {
            options.Protocols = protocols;
            keep(options);
        }
    }

    // An address for all of the machine's is none to connect to; the machine's own is.
    private string AddressOf(int port) => Address is null || Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any)
        ? $"http://127.0.0.1:{port}"
        : $"http://{new IPEndPoint(Address, port)}";
}
