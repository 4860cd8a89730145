using Npgsql;
using OrleansSync.Backends;
using OrleansSync.Backends.Postgres;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.Network;

namespace OrleansSync.Chaos.Servers;

/// <summary>Silos and gateways on a private PostgreSQL; a proxy stands between all of them and the database.</summary>
internal sealed class ClusterServers : IServers
{
    private readonly PostgresServer _server;
    private readonly FaultyProxy _network;
    private readonly string _direct;
    private readonly ClusterBackend _backend;

    private ClusterServers(PostgresServer server, FaultyProxy network, string direct, ClusterBackend backend)
    {
        (_server, _network, _direct, _backend) = (server, network, direct, backend);
        Database = new PostgresFaults(server, network, direct);
    }

    public IReadOnlyList<BackendProcess> Processes => [.. _backend.All];

    public IReadOnlyList<int> GatewayPorts => [.. _backend.Grpc.Select(static gateway => gateway.Port)];

    public IDatabaseServer? Database { get; }

    public static async Task<ClusterServers> StartAsync(ClusterShape shape, CancellationToken cancellationToken)
    {
        var server = await PostgresServer.StartAsync(cancellationToken);
        FaultyProxy? network = null;
        try
        {
            var direct = await CreateDatabaseAsync(server, cancellationToken);
            network = new FaultyProxy("database", new NpgsqlConnectionStringBuilder(direct).Port);
            var through = new NpgsqlConnectionStringBuilder(direct) { Port = network.Port, Pooling = true, ApplicationName = PostgresFaults.Victims };
            var backend = await ClusterBackend.StartAsync(through.ConnectionString, shape, cancellationToken);
            return new ClusterServers(server, network, direct, backend);
        }
        catch
        {
            if (network is not null) await network.DisposeAsync();
            await server.DisposeAsync();
            throw;
        }
    }

    public Task<IReadOnlyDictionary<string, ServerScope>> ReadAsync(CancellationToken cancellationToken) =>
        PostgresScopes.ReadAsync(_direct, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        await _network.DisposeAsync();
        await _server.DisposeAsync();
    }

    // Not PostgresDatabase: that one is dropped through the server that the run restarts at will.
    private static async Task<string> CreateDatabaseAsync(PostgresServer server, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("CREATE DATABASE chaos", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "chaos" }.ConnectionString;
    }
}
