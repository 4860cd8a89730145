using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using OrleansSync.Hosting;

namespace OrleansSync.Gateway.Tests.Hosting;

/// <summary>What each mode needs, and what it is told when that is missing.</summary>
public sealed class ModeTests
{
    private const string Connection = "ConnectionStrings:syncdb";
    // Two settings, which most of these have in common.
    private const string OnPostgres = "Storage:Provider=Postgres|Storage:ConnectionName=syncdb";
    private const string Good = "Host=db;Database=sync;Username=sync;Password=secret";

    [Theory]
    // Embedded.
    [InlineData("Embedded", "Storage:Provider = Postgres: an embedded server knows of no other", OnPostgres)]
    [InlineData("Embedded", "Storage:ConnectionName = syncdb: the key belongs to Postgres", "Storage:Provider=Sqlite", "Storage:Path=data", "Storage:ConnectionName=syncdb")]
    [InlineData("Embedded", "Storage:Path: name the folder", "Storage:Provider=Sqlite")]
    [InlineData("Embedded", "Storage:Provider: name where the data is kept: Sqlite")]
    [InlineData("Silo", "Mode = Silo: this is a gateway's application. Run the silo's", OnPostgres)]
    // Gateway.
    [InlineData("Gateway", "Storage:Provider = Sqlite: a gateway finds its silos in their database", "Storage:Provider=Sqlite", "Storage:Path=data")]
    [InlineData("Gateway", "Storage:Provider: name where the data is kept: Postgres")]
    [InlineData("Gateway", "Storage:ConnectionName: name the connection string", "Storage:Provider=Postgres")]
    [InlineData("Gateway", "Storage:Path = data: the key belongs to Sqlite", OnPostgres, "Storage:Path=data")]
    [InlineData("Gateway", "Cluster:ClusterId = a b: choose 1 to 100 letters", OnPostgres, "Cluster:ClusterId=a b")]
    [InlineData("Gateway", "Ports:Address = everywhere: write an IP address", OnPostgres, "Ports:Address=everywhere")]
    [InlineData("Gateway", "Cors:Origins:0 = https://app.example.com/page: write it as a browser sends it", OnPostgres, "Cors:Origins:0=https://app.example.com/page")]
    // Node.
    [InlineData("Node", "Storage:Provider = Sqlite: SQLite files belong to one process, and nodes share their data", "Storage:Provider=Sqlite", "Storage:Path=data")]
    [InlineData("Node", "Storage:Provider: name where the data is kept: Postgres")]
    [InlineData("Node", "Cluster:AdvertisedAddress = 0.0.0.0: name one address", OnPostgres, "Cluster:AdvertisedAddress=0.0.0.0")]
    [InlineData("Node", "Ports:Grpc = 11111: choose another than the ports of", OnPostgres, "Ports:Grpc=11111")]
    [InlineData("Node", "Cors:Origins:0 = app.example.com: write it as a browser sends it", OnPostgres, "Cors:Origins:0=app.example.com")]
    [InlineData("Node", "Limits:BatchOperations = 0: ", OnPostgres, "Limits:BatchOperations=0")]
    public void A_web_application_is_told(string mode, string fault, params string[] settings) =>
        Tells($"OrleansSync:{fault}", FaultsOf(builder => builder.AddOrleansSync(), "Development", Good, [$"Mode={mode}", .. settings]));

    [Theory]
    [InlineData("Storage:Provider = Sqlite: SQLite files belong to one process", "Storage:Provider=Sqlite", "Storage:Path=data")]
    [InlineData("Mode = Gateway: this is a silo's application. Run the gateway's", "Mode=Gateway", OnPostgres)]
    [InlineData("Mode = Node: this is a silo's application. Run the gateway's", "Mode=Node", OnPostgres)]
    [InlineData("Mode = Embedded: this is a silo's application. Run the gateway's", "Mode=Embedded", "Storage:Provider=Sqlite", "Storage:Path=data")]
    [InlineData("Cluster:GatewayPort = 11111: choose another than", OnPostgres, "Cluster:GatewayPort=11111")]
    [InlineData("Cluster:SiloPort = 0: choose a whole number from 1", OnPostgres, "Cluster:SiloPort=0")]
    [InlineData("Cluster:AdvertisedAddress = 0.0.0.0: name one address", OnPostgres, "Cluster:AdvertisedAddress=0.0.0.0")]
    [InlineData("Ports:Http = 30000: choose another than the ports of", OnPostgres, "Ports:Http=30000")]
    [InlineData("Cluster:Port = 5: the key is not known", OnPostgres, "Cluster:Port=5")]
    public void A_silo_is_told(string fault, params string[] settings) =>
        Tells($"OrleansSync:{fault}", FaultsOf(static builder => ((IHostApplicationBuilder)builder).AddOrleansSync(), "Development", Good, settings));

    [Theory]
    [InlineData(null, "give PostgreSQL's connection string")]
    [InlineData("", "give PostgreSQL's connection string")]
    [InlineData("Database=sync", "name the server in it")]
    [InlineData("Host=db;Nonsense=5;Password=secret", "it is no connection string of PostgreSQL")]
    [InlineData("Host=db;Database=sync;Port=secret", "it is no connection string of PostgreSQL")]
    public void A_connection_string_that_cannot_be_used_is_told_and_not_repeated(string? connection, string fault)
    {
        foreach (var mode in new[] { "Silo", "Gateway" })
        {
            string[] settings = [$"Mode={mode}", OnPostgres];
            var faults = FaultsOf(
                builder =>
                {
                    if (mode == "Silo") ((IHostApplicationBuilder)builder).AddOrleansSync();
                    else builder.AddOrleansSync();
                },
                "Development", connection, settings);
            Assert.Contains(faults, told => told.StartsWith($"{Connection}: {fault}", StringComparison.Ordinal));
            Assert.DoesNotContain(faults, static told => told.Contains("secret", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("Production", "Authority: authentication is not configured")]
    [InlineData("Production", "Audience = sync: it needs", "Audience=sync")]
    [InlineData("Production", "Audience: name what the tokens are for", "Authority=https://login.example.com")]
    [InlineData("Production", "Authority = http://login.example.com: use https", "Authority=http://login.example.com", "Audience=sync")]
    [InlineData("Production", "Authority = http://127.0.0.1:80: use https", "Authority=http://127.0.0.1:80", "Audience=sync")]
    [InlineData("Development", "Authority = http://login.example.com: use https", "Authority=http://login.example.com", "Audience=sync")]
    [InlineData("Production", "Authority = login: write the authority's address", "Authority=login", "Audience=sync")]
    public void Authentication_that_would_let_anybody_in_is_refused(string environment, string fault, params string[] settings) => Tells(
        $"OrleansSync:Authentication:{fault}",
        FaultsOf(
            builder => builder.AddOrleansSync(), environment, Good,
            ["Storage:Provider=Sqlite", "Storage:Path=data", .. settings.Select(static setting => $"Authentication:{setting}")]));

    [Fact]
    public void Each_mode_is_composed_from_code_alone()
    {
        var gateway = NewBuilder("Development", Good);
        gateway.AddOrleansSync(static sync => sync.Mode(ServerMode.Gateway).UsePostgres("syncdb").ListenOnLoopback(0, 0));
        IHostApplicationBuilder silo = Host.CreateApplicationBuilder();
        silo.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(Connection, Good)]);
        silo.AddOrleansSync(static sync => sync.UsePostgres("syncdb").ConfigureCluster(static cluster => cluster with { SiloPort = 11_112 }));
        var node = NewBuilder("Development", Good);
        node.AddOrleansSync(static sync => sync.Mode(ServerMode.Node).UsePostgres("syncdb").ListenOnLoopback(0, 0));
        var embedded = NewBuilder("Development", null);
        embedded.AddOrleansSync(static sync => sync.UseSqlite("data"));
    }

    private static void Tells(string fault, IReadOnlyList<string> faults) =>
        Assert.True(Assert.Single(faults).StartsWith(fault, StringComparison.Ordinal), string.Join('\n', faults));

    private static IReadOnlyList<string> FaultsOf(
        Action<WebApplicationBuilder> add, string environment, string? connection, IEnumerable<string> settings)
    {
        var builder = NewBuilder(environment, connection);
        builder.Configuration.AddInMemoryCollection(settings.SelectMany(static setting => setting.Split('|')).Select(static setting => setting.Split('=', 2)).Select(static pair =>
            KeyValuePair.Create<string, string?>($"OrleansSync:{pair[0]}", pair[1])));
        return Assert.Throws<OrleansSyncConfigurationException>(() => add(builder)).Faults;
    }

    private static WebApplicationBuilder NewBuilder(string environment, string? connection)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        if (connection is not null) builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(Connection, connection)]);
        return builder;
    }
}
