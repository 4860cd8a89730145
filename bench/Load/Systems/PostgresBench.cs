using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansSync.Backends;
using OrleansSync.Backends.Postgres;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Postgres;

namespace OrleansSync.Bench.Load.Systems;

/// <summary>A private PostgreSQL server; a silo and a gateway, or both in one process.</summary>
internal sealed class PostgresBench(PostgresServer server, PostgresDatabase product, PostgresDatabase floor, bool isNode) : BenchDatabase
{
    public override IReadOnlyList<MeasuredProcess> Processes { get; } = [new("postgres", server.ProcessId, WithChildren: true)];

    public static async Task<PostgresBench> StartAsync(bool isNode, CancellationToken cancellationToken)
    {
        var server = await PostgresServer.StartAsync(cancellationToken);
        return new PostgresBench(
            server,
            await PostgresDatabase.CreateOnAsync(server, cancellationToken),
            await PostgresDatabase.CreateOnAsync(server, cancellationToken),
            isNode);
    }

    public override async Task<Product> StartProductAsync(CancellationToken cancellationToken)
    {
        var (apart, together) = isNode ? (0, 1) : (1, 0);
        var shape = new ClusterShape { Silos = apart, Gateways = apart, Nodes = together, Settings = Product.Settings };
        var cluster = await ClusterBackend.StartAsync(product.ConnectionString, shape, cancellationToken);
        return new Product(
            cluster,
            cluster.Grpc[0],
            [
                .. cluster.Silos.Select(static silo => new MeasuredProcess("silo", silo.Id)),
                .. cluster.Gateways.Concat(cluster.Nodes).Select(static gateway => new MeasuredProcess(Product.GatewayName, gateway.Id)),
                .. Processes,
            ]);
    }

    public override Task<FloorServer> StartFloorAsync(CancellationToken cancellationToken) =>
        FloorServer.StartAsync(["--store", "postgres", "--connection", floor.ConnectionString], Processes, cancellationToken);

    public override ISyncStore OpenStore() => PostgresStore.Open(
        new PostgresStoreOptions { ConnectionString = product.ConnectionString }, NullLogger<PostgresStore>.Instance);

    public override async Task<long> ReadScopeAsync(string user, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(product.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT seq, type, id, fields, stamps FROM entities WHERE scope = (SELECT id FROM scopes WHERE scope = $1) ORDER BY seq, type, id
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = ScopeId.ForUser(user).Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var read = new RawRows();
        while (await reader.ReadAsync(cancellationToken))
            read.Add(reader.GetString(1), reader.GetString(2), reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4));
        return read.Count;
    }

    public override async Task<StorageSize> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(product.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT count(*) FROM entities),
              (SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'entities'::regclass),
              (SELECT count(*) FROM operations),
              (SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'operations'::regclass)
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new StorageSize(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    public override async ValueTask DisposeAsync()
    {
        await product.DisposeAsync();
        await floor.DisposeAsync();
        await server.DisposeAsync();
    }
}
