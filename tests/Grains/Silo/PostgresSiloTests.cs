using Npgsql;
using OrleansSync.Backends.Postgres;
using OrleansSync.Grains.Tests.Cluster;
using OrleansSync.Silo;

namespace OrleansSync.Grains.Tests.Silo;

/// <summary>Grain storage on PostgreSQL.</summary>
public sealed class PostgresSiloTests : GrainStorageTests, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    protected override string Table => "orleans.grain_states";

    public async Task InitializeAsync() => _database = await PostgresDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    private protected override Task<TestSilos> StartAsync() => TestSilos.StartAsync(SiloStorage.Postgres(_database.ConnectionString));

    protected override async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
