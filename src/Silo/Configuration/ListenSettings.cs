using System.Net;

namespace OrleansSync.Silo.Configuration;

/// <summary>Where a process listens.</summary>
/// <param name="Grpc">HTTP/2 without TLS, for devices; 0: a free port. Silos have none.</param>
/// <param name="Http">HTTP/1.1, for health, pages and gRPC-Web; 0: a free port.</param>
/// <param name="Address">Which addresses of the machine; <c>null</c>: the loopback's only.</param>
internal sealed record ListenSettings(int Grpc, int Http, string? Address)
{
    public const int DefaultGrpc = 5080;
    public const int DefaultHttp = 5081;

    public static ListenSettings Default { get; } = new(DefaultGrpc, DefaultHttp, null);

    public IPAddress? IPAddress => Address is null ? null : System.Net.IPAddress.Parse(Address);
}
