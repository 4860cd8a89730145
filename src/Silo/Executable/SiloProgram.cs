using System.Net;
using OrleansSync.Hosting;
using OrleansSync.Silo.Configuration;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Silo.Executable;

/// <summary>A silo as a process.</summary>
internal static class SiloProgram
{
    private const string Help = """
        One silo of an OrleansSync cluster on PostgreSQL, on the loopback addresses unless told otherwise.

          --silo-port <port>        for the other silos (default: 11111)
          --gateway-port <port>     for gateways (default: 30000)
          --http-port <port>        HTTP/1.1, for health checks (default: 5081; 0: a free one)
          --environment <name>      Development accepts types that are not declared (default: Production)
          --<section>:<key> <v>     any key of the configuration, such as --OrleansSync:Cluster:AdvertisedAddress 10.0.0.5
          --new-lineage             after the data was restored to an earlier point: gives every user a new lineage and ends; no server may be running
          --help                    this text

        The same keys can stand in appsettings.json and in environment variables. These must: OrleansSync__Storage__Provider=Postgres,
        OrleansSync__Storage__ConnectionName=<name>, ConnectionStrings__<name>=Host=…;Database=…;Username=…
        When the silo is ready it prints one line: OrleansSync silo ready: silo=<address> gateway=<address> http=<url>
        """;

    private static readonly ServerProgram Program = new()
    {
        Help = Help,
        ShortNames = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["--silo-port"] = "OrleansSync:Cluster:SiloPort",
            ["--gateway-port"] = "OrleansSync:Cluster:GatewayPort",
            ["--http-port"] = "OrleansSync:Ports:Http",
        },
        Compose = Compose,
        Map = static app => app.MapOrleansSyncHealth(),
        Ready = ReadyLine,
    };

    public static Task<int> RunAsync(string[] args, TextWriter output, TextWriter error) => Program.RunAsync(args, output, error);

    private static void Compose(WebApplicationBuilder builder)
    {
        IHostApplicationBuilder host = builder;
        host.AddOrleansSync(static sync => sync.ListenOnLoopback());
    }

    private static string ReadyLine(IServiceProvider services)
    {
        var cluster = services.GetRequiredService<ServerSettings>().Cluster;
        var address = services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint.Address;
        return $"OrleansSync silo ready: silo={new IPEndPoint(address, cluster.SiloPort)} "
            + $"gateway={new IPEndPoint(address, cluster.GatewayPort)} http={services.GetRequiredService<BoundPorts>().HttpAddress}";
    }
}
