using Npgsql;
using OrleansSync.Backends.Postgres;

namespace OrleansSync.Storage.Tests.Postgres;

/// <summary>The private server of the tests and samples keeps what is committed, and leaves nothing behind.</summary>
public sealed class PostgresServerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_committed_is_there_after_a_stop_or_a_crash(bool crash)
    {
        await using var server = await PostgresServer.StartAsync(CancellationToken.None);
        await using var database = await PostgresDatabase.CreateOnAsync(server);
        await ExecuteAsync(database, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
        Assert.Equal("on", await ExecuteAsync(database, "SHOW fsync"));

        await server.StopAsync(crash);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(database, "SELECT 1"));
        await server.StartAgainAsync(CancellationToken.None);

        Assert.Equal(7, await ExecuteAsync(database, "SELECT n FROM kept"));
    }

    [Fact]
    public async Task Databases_are_empty_and_apart()
    {
        await using var one = await PostgresDatabase.CreateAsync();
        await using var other = await PostgresDatabase.CreateAsync();
        await ExecuteAsync(one, "CREATE TABLE mine (n int)");

        Assert.Equal(DBNull.Value, await ExecuteAsync(other, "SELECT to_regclass('mine')::text"));
    }

    private static async Task<object?> ExecuteAsync(PostgresDatabase database, string sql)
    {
        // Unpooled: a pooled connection would be one from before the restart.
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // Constants.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }
}
