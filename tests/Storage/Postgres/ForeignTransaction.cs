using Npgsql;

namespace OrleansSync.Storage.Tests.Postgres;

/// <summary>Another program's open transaction, whose locks the store meets.</summary>
public sealed class ForeignTransaction : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    // In a transaction the list of activities stays what it was when it was first looked at.
    private readonly NpgsqlConnection _watcher;

    private ForeignTransaction(NpgsqlConnection connection, NpgsqlConnection watcher) => (_connection, _watcher) = (connection, watcher);

    public static async Task<ForeignTransaction> BeginAsync(PostgresFolder folder)
    {
        var own = new NpgsqlConnectionStringBuilder(folder.Options.ConnectionString) { Pooling = false }.ConnectionString;
        var transaction = new ForeignTransaction(new NpgsqlConnection(own), new NpgsqlConnection(own));
        await transaction._connection.OpenAsync();
        await transaction._watcher.OpenAsync();
        await transaction.ExecuteAsync("BEGIN");
        return transaction;
    }

    /// <summary>The first value that the statement answers.</summary>
    public Task<object?> ExecuteAsync(string sql) => ExecuteAsync(_connection, sql);

    public Task LockScopeAsync(string scope) => ExecuteAsync($"SELECT FROM scopes WHERE scope = '{scope}' FOR UPDATE");

    /// <summary>Waits until a statement of the store waits for a lock; its server process.</summary>
    /// <param name="role">Which connections: flusher or calls.</param>
    public async Task<int> UntilSomebodyWaitsAsync(string role = "flusher")
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(1); ; await Task.Delay(1))
        {
            var waiting = await ExecuteAsync(
                _watcher,
                $"""
                SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name LIKE '%{role}' LIMIT 1
                """);
            if (waiting is int process) return process;
            Assert.True(DateTime.UtcNow < deadline, "Nobody waited for a lock within a minute.");
        }
    }

    /// <summary>Keeps nothing of what it did.</summary>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _watcher.DisposeAsync();
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // Texts of the tests.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }
}
