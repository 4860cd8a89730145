using Grpc.Net.Client;
using Npgsql;
using OrleansSync.Backends;
using OrleansSync.Backends.Postgres;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>Three silos and two gateways as processes, started at once on an empty PostgreSQL database.</summary>
public class ClusterFixture : IAsyncLifetime
{
    private const int Active = 3;

    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(200);

    private readonly ClusterShape _shape;
    private readonly List<GrpcChannel> _channels = [];
    private PostgresDatabase _database = null!;

    public ClusterFixture() : this(new ClusterShape())
    {
    }

    protected ClusterFixture(ClusterShape shape) => _shape = shape;

    public ClusterBackend Cluster { get; private set; } = null!;

    /// <summary>A client of each gateway.</summary>
    public IReadOnlyList<Sync.SyncClient> Gateways { get; private set; } = [];

    public async Task InitializeAsync()
    {
        _database = await PostgresDatabase.CreateAsync();
        Cluster = await ClusterBackend.StartAsync(_database.ConnectionString, _shape, CancellationToken.None);
        // A gateway that was away is looked for again at once.
        var options = new GrpcChannelOptions { InitialReconnectBackoff = Backoff, MaxReconnectBackoff = Backoff };
        foreach (var address in Cluster.Grpc) _channels.Add(GrpcChannel.ForAddress(address, options));
        Gateways = [.. _channels.Select(static channel => new Sync.SyncClient(channel))];
        await UntilAllActiveAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var channel in _channels) channel.Dispose();
        await Cluster.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Starts what a test has ended, and waits until every silo is one again.</summary>
    public async Task HealAsync()
    {
        await Cluster.RestartAsync(CancellationToken.None);
        await UntilAllActiveAsync();
        await Task.WhenAll(_channels.Select(static channel => channel.ConnectAsync()));
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The status of the silo's latest process in the membership table.</summary>
    public Task<int> StatusOfAsync(int silo) => QueryAsync<int>(
        $"select status from orleans.members where port = {Cluster.SiloPorts[silo]} order by generation desc limit 1");

    private async Task UntilAllActiveAsync()
    {
        for (var silo = 0; silo < Cluster.SiloPorts.Count; silo++)
        {
            var number = silo;
            await Eventually.IsAsync(async () => await StatusOfAsync(number) == Active, TimeSpan.FromSeconds(60), $"silo {silo} is active");
        }
    }
}

/// <summary>Three nodes: silo and gateway in one process each.</summary>
public sealed class NodeFixture() : ClusterFixture(new ClusterShape { Silos = 0, Gateways = 0, Nodes = 3 });

/// <summary>Processes want the machine's cores to themselves, so these tests run one after the other and after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterProcesses : ICollectionFixture<ClusterFixture>
{
    public const string Name = "cluster processes";
}

/// <summary>The same for those of nodes, so that one cluster runs at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NodeProcesses : ICollectionFixture<NodeFixture>
{
    public const string Name = "node processes";
}
