using System.Globalization;
using Npgsql;

namespace OrleansSync.Storage.Postgres;

/// <summary>The two pools: connections that commit, and those of everything else.</summary>
internal sealed class Connections : IAsyncDisposable
{
    // How long a call waits for a connection: to be opened, or to become free.
    private const int ConnectSeconds = 5;
    private const int PreparedStatements = 32;

    // Every statement reads a few rows by their keys, or an index in its order. A plan is made once a connection, for any arguments: in a
    // new database while its tables are empty, later without knowing how few the keys are. It must not scan or hash a scope for them.
    private const string Plans =
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";

    private readonly NpgsqlDataSource _flushers;
    private readonly NpgsqlDataSource _calls;

    public Connections(PostgresStoreOptions options)
    {
        _flushers = Source(options, options.Flushers, "flusher");
        _calls = Source(options, options.Connections, "calls");
    }

    public ValueTask<NpgsqlConnection> OpenFlusherAsync() => _flushers.OpenConnectionAsync();

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _calls.OpenConnectionAsync(cancellationToken);

    /// <summary>A connection broke: its idle neighbours may have, too, and are not worth a try.</summary>
    public void Mistrust()
    {
        _flushers.Clear();
        _calls.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _flushers.DisposeAsync();
        await _calls.DisposeAsync();
    }

    private static NpgsqlDataSource Source(PostgresStoreOptions options, int connections, string role)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        var lockTimeout = options.LockTimeout.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        settings.Options = $"{settings.Options} {Plans} -c lock_timeout={lockTimeout}".Trim();
        settings.ApplicationName = $"{settings.ApplicationName ?? "OrleansSync"} {role}";
        settings.Pooling = true;
        settings.MinPoolSize = 0;
        settings.MaxPoolSize = connections;
        settings.Timeout = ConnectSeconds;
        settings.CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds);
        // A statement is planned once a connection; nothing of a session changes, so nothing needs to be reset either.
        settings.MaxAutoPrepare = PreparedStatements;
        settings.AutoPrepareMinUsages = 1;
        settings.NoResetOnClose = true;
        settings.Enlist = false;
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
