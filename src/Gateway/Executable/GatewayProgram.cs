using OrleansSync.Hosting;
using OrleansSync.Silo.Configuration;
using OrleansSync.Silo.Executable;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Gateway.Executable;

/// <summary>The executable: an embedded server that needs nothing but a folder, or a gateway of a cluster.</summary>
internal static class GatewayProgram
{
    private const string Help = """
        OrleansSync for devices, on the loopback addresses unless told otherwise. Embedded by default: gateway, silo and SQLite
        in one process. With --mode Gateway, a gateway of a cluster on PostgreSQL; with --mode Node, a silo and a gateway of one.

          --mode <mode>             Embedded, Gateway or Node (default: Embedded)
          --data <folder>           Embedded: where the data is kept (default: data)
          --grpc-port <port>        HTTP/2 without TLS, for devices (default: 5080; 0: a free one)
          --http-port <port>        HTTP/1.1, for health checks, pages and gRPC-Web (default: 5081; 0: a free one)
          --silo-port <port>        Node: for the other nodes and silos (default: 11111)
          --gateway-port <port>     Node: for gateways of their own (default: 30000)
          --environment <name>      Development accepts the token dev:<user>; others need authentication (default: Production)
          --<section>:<key> <v>     any key of the configuration, such as --OrleansSync:Limits:BatchOperations 200
          --new-lineage             after the data was restored to an earlier point: gives every user a new lineage and ends; no server may be running
          --help                    this text

        The same keys can stand in appsettings.json and in environment variables (OrleansSync__Storage__Path=…). Gateway and Node need
        OrleansSync__Storage__Provider=Postgres, OrleansSync__Storage__ConnectionName=<name> and ConnectionStrings__<name>=Host=…
        When the server is ready it prints one line: OrleansSync ready: grpc=<url> http=<url>, and data=<folder> (Embedded)
        or cluster=<id> (Gateway, Node).
        """;

    private static readonly ServerProgram Program = new()
    {
        Help = Help,
        ShortNames = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["--mode"] = "OrleansSync:Mode",
            ["--data"] = "OrleansSync:Storage:Path",
            ["--grpc-port"] = "OrleansSync:Ports:Grpc",
            ["--http-port"] = "OrleansSync:Ports:Http",
            ["--silo-port"] = "OrleansSync:Cluster:SiloPort",
            ["--gateway-port"] = "OrleansSync:Cluster:GatewayPort",
        },
        Compose = Compose,
        Map = Map,
        Ready = ReadyLine,
    };

    public static Task<int> RunAsync(string[] args) => Program.RunAsync(args, Console.Out, Console.Error);

    private static void Compose(WebApplicationBuilder builder)
    {
        string?[] clustered = [nameof(ServerMode.Gateway), nameof(ServerMode.Node)];
        var isClustered = clustered.Contains(builder.Configuration[$"{ConfigurationReader.Section}:Mode"], StringComparer.OrdinalIgnoreCase);
        builder.AddOrleansSync(sync =>
        {
            sync.ListenOnLoopback();
            if (!isClustered) sync.UseSqlite("data");
        });
    }

    private static void Map(WebApplication app)
    {
        // Calls are let in by their own gate. Past the middleware in between, which would stay on the stack of each watch, a twentieth of its memory.
        app.MapOrleansSync().ShortCircuit();
        app.MapOrleansSyncHealth();
        app.MapGet("/", static () => Results.Text(IndexPage.Html, "text/html; charset=utf-8"));
    }

    private static string ReadyLine(IServiceProvider services)
    {
        var ports = services.GetRequiredService<BoundPorts>();
        var settings = services.GetRequiredService<ServerSettings>();
        var what = settings.Storage is StorageSettings.Sqlite { Folder: var folder }
            ? $"data={folder}"
            : $"cluster={settings.Cluster.ClusterId}";
        return $"OrleansSync ready: grpc={ports.GrpcAddress} http={ports.HttpAddress} {what}";
    }
}
