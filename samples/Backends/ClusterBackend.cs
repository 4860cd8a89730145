using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansSync.Backends;

/// <summary>What a cluster is made of.</summary>
public sealed record ClusterShape
{
    public int Silos { get; init; } = 3;

    public int Gateways { get; init; } = 2;

    /// <summary>Silos and gateways in one process each, beside those or instead of them.</summary>
    public int Nodes { get; init; }

    /// <summary>More keys of the section OrleansSync, for all processes, such as <c>Entities:tasks:Fields:minutes</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Environment variables of all processes, which win over what the cluster sets; for another log level, for example.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>
/// A cluster on a PostgreSQL database: silos and gateways as child processes on free ports of the loopback. Each can be sent
/// signals, be killed at any instant and started again, on the same ports.
/// </summary>
public sealed partial class ClusterBackend : IAsyncDisposable
{
    private const string ConnectionName = "syncdb";

    private readonly string _connectionString;
    private readonly ClusterShape _shape;

    private ClusterBackend(string connectionString, ClusterShape shape)
    {
        _connectionString = connectionString;
        _shape = shape;
        var ports = new Queue<int>(FreePorts.Take((shape.Silos * 3) + (shape.Gateways * 2) + (shape.Nodes * 4)));
        var silos = Enumerable.Range(1, shape.Silos)
            .Select(number => (Number: number, Silo: ports.Dequeue(), Gateway: ports.Dequeue(), Http: ports.Dequeue())).ToArray();
        var gateways = Enumerable.Range(1, shape.Gateways)
            .Select(number => (Number: number, Grpc: ports.Dequeue(), Http: ports.Dequeue())).ToArray();
        var nodes = Enumerable.Range(1, shape.Nodes)
            .Select(number => (Number: number, Silo: ports.Dequeue(), Gateway: ports.Dequeue(), Grpc: ports.Dequeue(), Http: ports.Dequeue())).ToArray();
        Silos = [.. silos.Select(silo => Silo(silo.Number, silo.Silo, silo.Gateway, silo.Http))];
        SiloPorts = [.. silos.Select(static silo => silo.Silo), .. nodes.Select(static node => node.Silo)];
        SiloHttp = [.. silos.Select(static silo => AddressOf(silo.Http))];
        Gateways = [.. gateways.Select(gateway => Gateway(gateway.Number, gateway.Grpc, gateway.Http))];
        Nodes = [.. nodes.Select(node => Node(node.Number, node.Silo, node.Gateway, node.Grpc, node.Http))];
        Grpc = [.. gateways.Select(static gateway => AddressOf(gateway.Grpc)), .. nodes.Select(static node => AddressOf(node.Grpc))];
        GatewayHttp = [.. gateways.Select(static gateway => AddressOf(gateway.Http)), .. nodes.Select(static node => AddressOf(node.Http))];
    }

    public IReadOnlyList<BackendProcess> Silos { get; }

    public IReadOnlyList<BackendProcess> Gateways { get; }

    public IReadOnlyList<BackendProcess> Nodes { get; }

    /// <summary>For devices, one a gateway, in the gateways' order; then those of nodes.</summary>
    public IReadOnlyList<Uri> Grpc { get; }

    /// <summary>For health checks and gRPC-Web, in the gateways' order; then those of nodes.</summary>
    public IReadOnlyList<Uri> GatewayHttp { get; }

    /// <summary>For health checks, in the silos' order.</summary>
    public IReadOnlyList<Uri> SiloHttp { get; }

    /// <summary>By which the membership table knows the silos, in their order; then those of nodes.</summary>
    public IReadOnlyList<int> SiloPorts { get; }

    /// <summary>Every process of the cluster.</summary>
    public IEnumerable<BackendProcess> All => [.. Silos, .. Nodes, .. Gateways];

    /// <summary>Starts all silos and nodes at once, then all gateways, and returns when they are ready.</summary>
    /// <param name="connectionString">A PostgreSQL database; an empty one is made ready.</param>
    /// <param name="shape">How many of which.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BackendException">One ended, or was not ready in time; the message holds what it printed last.</exception>
    public static async Task<ClusterBackend> StartAsync(string connectionString, ClusterShape shape, CancellationToken cancellationToken)
    {
        var backend = new ClusterBackend(connectionString, shape);
        try
        {
            await backend.RestartAsync(cancellationToken);
            return backend;
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts again whatever does not run: silos and nodes first, all of them at once.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StartAsync([.. Silos, .. Nodes], cancellationToken);
        await StartAsync(Gateways, cancellationToken);
    }

    /// <summary>Kills all silos at once, as a power cut would; the gateways stay.</summary>
    public void KillSilos()
    {
        foreach (var silo in Silos) silo.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in All) await process.DisposeAsync();
    }

    private static Task StartAsync(IEnumerable<BackendProcess> processes, CancellationToken cancellationToken) =>
        Task.WhenAll(processes.Where(static process => !process.IsRunning).Select(process => process.StartAsync(cancellationToken)));

    private static Uri AddressOf(int port) => new($"http://127.0.0.1:{port}");

    private BackendProcess Silo(int number, int siloPort, int gatewayPort, int httpPort) => Process(
        "Silo", number, BackendFiles.SiloAssembly, SiloReady(),
        ("Cluster__SiloPort", siloPort), ("Cluster__GatewayPort", gatewayPort), ("Ports__Http", httpPort));

    private BackendProcess Gateway(int number, int grpcPort, int httpPort) => Process(
        "Gateway", number, BackendFiles.GatewayAssembly, GatewayReady(), ("Ports__Grpc", grpcPort), ("Ports__Http", httpPort));

    private BackendProcess Node(int number, int siloPort, int gatewayPort, int grpcPort, int httpPort) => Process(
        "Node", number, BackendFiles.GatewayAssembly, GatewayReady(),
        ("Cluster__SiloPort", siloPort), ("Cluster__GatewayPort", gatewayPort), ("Ports__Grpc", grpcPort), ("Ports__Http", httpPort));

    private BackendProcess Process(string mode, int number, string assembly, Regex ready, params (string Key, int Port)[] ports) => new(new BackendStart
    {
        Name = $"{mode.ToLowerInvariant()} {number}",
        Assembly = assembly,
        Ready = ready,
        Environment = EnvironmentOf(mode, ports),
    });

    private Dictionary<string, string> EnvironmentOf(string mode, (string Key, int Port)[] ports)
    {
        var environment = new Dictionary<string, string>
        {
            ["OrleansSync__Mode"] = mode,
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Logging__LogLevel__Default"] = "Warning",
            ["OrleansSync__Storage__Provider"] = "Postgres",
            ["OrleansSync__Storage__ConnectionName"] = ConnectionName,
            [$"ConnectionStrings__{ConnectionName}"] = _connectionString,
        };
        foreach (var (key, port) in ports) environment[$"OrleansSync__{key}"] = port.ToString(CultureInfo.InvariantCulture);
        foreach (var (key, value) in _shape.Settings)
        {
            environment["OrleansSync__" + key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        foreach (var (key, value) in _shape.Environment) environment[key] = value;
        return environment;
    }

    [GeneratedRegex(@"^OrleansSync silo ready: silo=\S+ gateway=\S+ http=\S+$", RegexOptions.CultureInvariant)]
    private static partial Regex SiloReady();

    [GeneratedRegex(@"^OrleansSync ready: grpc=\S+ http=\S+ cluster=", RegexOptions.CultureInvariant)]
    private static partial Regex GatewayReady();
}
