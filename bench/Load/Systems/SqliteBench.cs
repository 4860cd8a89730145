using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Backends;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Sqlite;

namespace OrleansSync.Bench.Load.Systems;

/// <summary>The embedded server on SQLite files.</summary>
internal sealed class SqliteBench(string folder) : BenchDatabase
{
    public override IReadOnlyList<MeasuredProcess> Processes => [];

    private string File => Path.Combine(folder, "server", "sync.db");

    public override async Task<Product> StartProductAsync(CancellationToken cancellationToken)
    {
        var embedded = await EmbeddedBackend.StartAsync(Path.Combine(folder, "server"), Product.Settings, cancellationToken);
        return new Product(embedded, embedded.Grpc, [new(Product.GatewayName, embedded.ProcessId)]);
    }

    public override Task<FloorServer> StartFloorAsync(CancellationToken cancellationToken) =>
        FloorServer.StartAsync(["--store", "sqlite", "--file", Path.Combine(folder, "floor.db")], [], cancellationToken);

    public override ISyncStore OpenStore() =>
        SqliteStore.Open(new SqliteStoreOptions { Path = File }, NullLogger<SqliteStore>.Instance);

    public override Task<long> ReadScopeAsync(string user, CancellationToken cancellationToken)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT seq, type, id, CAST(fields AS BLOB), stamps FROM entities WHERE scope = (SELECT id FROM scopes WHERE scope = $1)
            ORDER BY seq, type, id
            """;
        command.Parameters.AddWithValue("$1", ScopeId.ForUser(user).Value);
        using var reader = command.ExecuteReader();
        var read = new RawRows();
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            read.Add(reader.GetString(1), reader.GetString(2), reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4));
        }

        return Task.FromResult(read.Count);
    }

    /// <summary>SQLite does not tell what a table takes: of a compact copy each table is removed in its turn.</summary>
    public override Task<StorageSize> MeasureAsync(CancellationToken cancellationToken)
    {
        var copy = Path.Combine(folder, "copy.db");
        using (var original = Open()) original.Execute($"VACUUM INTO '{copy}'");
        using var connection = new SqliteConnection($"Data Source={copy};Pooling=False");
        connection.Open();
        var (rows, operations) = (connection.Number("SELECT count(*) FROM entities"), connection.Number("SELECT count(*) FROM operations"));
        var all = BytesOf(connection);
        connection.Execute("DROP TABLE operations; VACUUM");
        var withoutOperations = BytesOf(connection);
        connection.Execute("DROP TABLE entities; VACUUM");
        var rest = BytesOf(connection);
        return Task.FromResult(new StorageSize(rows, withoutOperations - rest, operations, all - withoutOperations));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static long BytesOf(SqliteConnection connection) =>
        connection.Number("PRAGMA page_count") * connection.Number("PRAGMA page_size");

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ConnectionString);
        connection.Open();
        return connection;
    }
}
