using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansSync.Backends.Postgres;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Silo.Executable;
using OrleansSync.Silo.GrainStorage;
using OrleansSync.Storage.Postgres;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>The operator's step after a restore, on a cluster's database.</summary>
public sealed class NewLineageTests
{
    [Fact]
    public async Task R43_Every_user_has_a_new_lineage_unless_a_silo_is_alive()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var scopes = Enumerable.Range(0, 1_001).Select(static i => ScopeId.ForUser($"user-{i}")).ToList();
        await using (var store = Open())
        {
            foreach (var scope in scopes) await store.ClaimAsync(scope, default);
        }

        var (code, output, _) = await RunAsync(database);
        Assert.Equal(0, code);
        var lines = output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["500 users", "1000 users", "1001 users"], lines[..3].Select(static line => line["OrleansSync new lineage: ".Length..]));
        Assert.StartsWith("OrleansSync new lineage done: users=1001 from=", lines[3], StringComparison.Ordinal);
        await using (var store = Open())
        {
            var states = new List<ScopeState>();
            foreach (var scope in scopes) states.Add((await store.ReadScopeAsync(scope, default))!);
            Assert.All(states, static state => Assert.Equal(new SequenceGap(0, state.Head), state.Lost));
            Assert.Equal(1_001, states.Select(static state => state.Lineage).Distinct().Count());
        }

        // A row of the backup says that a silo is active, and is old.
        await OrleansDatabase.UpgradeAsync(database.ConnectionString, NullLogger.Instance, default);
        await ExecuteAsync(database, "INSERT INTO orleans.clusters(deployment) VALUES('orleanssync')");
        await ExecuteAsync(
            database,
            """
            INSERT INTO orleans.members(deployment, address, port, generation, name, host, status, gateway_port, started_at, alive_at)
            VALUES('orleanssync', '127.0.0.1', 1, 1, 'silo', 'host', 3, 2, now() - interval '1 day', now() - interval '31 seconds')
            """);
        Assert.Equal(0, (await RunAsync(database)).Code);

        await ExecuteAsync(database, "UPDATE orleans.members SET alive_at = now() - interval '5 seconds'");
        var refused = await RunAsync(database);
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("1 silos are running on this database", refused.Error, StringComparison.Ordinal);

        PostgresStore Open() => PostgresStore.Open(
            new PostgresStoreOptions { ConnectionString = database.ConnectionString, Connections = 4 }, NullLogger<PostgresStore>.Instance);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(PostgresDatabase database)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        string[] arguments =
        [
            "--new-lineage", "--http-port", "0", "--OrleansSync:Storage:Provider", "Postgres", "--OrleansSync:Storage:ConnectionName", "syncdb",
            "--ConnectionStrings:syncdb", database.ConnectionString,
        ];
        var code = await SiloProgram.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static async Task ExecuteAsync(PostgresDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // Constants of this test.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
