using Npgsql;

namespace OrleansSync.Backends.Postgres;

/// <summary>A new, empty database, dropped at the end.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Names a server whose user may create databases; without it a private one is started.</summary>
    public const string Variable = "ORLEANSSYNC_POSTGRES";

    // Lives as long as the process: all its tests share it.
    private static readonly Lazy<Task<PostgresServer>> Private = new(() => PostgresServer.StartAsync(CancellationToken.None));

    private readonly string _administrator;
    private readonly string _name = $"orleanssync_{Guid.NewGuid():N}";

    private PostgresDatabase(string administrator) => _administrator = administrator;

    public string ConnectionString =>
        new NpgsqlConnectionStringBuilder(_administrator) { Database = _name, Pooling = true }.ConnectionString;

    /// <summary>On the server that <see cref="Variable"/> names, or on this process's private one.</summary>
    /// <exception cref="BackendException">There is neither, and PostgreSQL is not installed; the message says what to do.</exception>
    public static async Task<PostgresDatabase> CreateAsync(CancellationToken cancellationToken = default) =>
        await CreateAsync(
            Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : (await Private.Value).ConnectionString,
            cancellationToken);

    public static Task<PostgresDatabase> CreateOnAsync(PostgresServer server, CancellationToken cancellationToken = default) =>
        CreateAsync(server.ConnectionString, cancellationToken);

    /// <summary>Drops it, whoever is still connected.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (var pooled = new NpgsqlConnection(ConnectionString)) NpgsqlConnection.ClearPool(pooled);
        await ExecuteAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)", CancellationToken.None);
    }

    private static async Task<PostgresDatabase> CreateAsync(string administrator, CancellationToken cancellationToken)
    {
        var database = new PostgresDatabase(administrator);
        await database.ExecuteAsync($"CREATE DATABASE {database._name}", cancellationToken);
        return database;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_administrator);
        await connection.OpenAsync(cancellationToken);
#pragma warning disable CA2100 // The only part that varies is a name made here, of hexadecimal digits.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
