using System.Globalization;
using Npgsql;

namespace OrleansSync.Storage.Postgres;

/// <summary>The two pools: connections that commit, and those of everything else.</summary>
internal sealed class Connections : IAsyncDisposable
{
    // How long a call waits for a connection: to be opened, or to become free.
    private const int ConnectSeconds = 5;
    private const int PreparedStatements = 32;

    // The commit statement joins arrays with tables by their keys, and only ever a few rows of them; the planner, which does
    // not know how long the arrays are, must not scan a table for it.
    private const string FlusherPlans =
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";

    // Pages read an index in its order, on tables that may never have been analysed.
    private const string CallPlans = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off";

    private readonly NpgsqlDataSource _flushers;
    private readonly NpgsqlDataSource _calls;

    public Connections(PostgresStoreOptions options)
    {
        _flushers = Source(options, options.Flushers, FlusherPlans, "flusher");
        _calls = Source(options, options.Connections, CallPlans, "calls");
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

    private static NpgsqlDataSource Source(PostgresStoreOptions options, int connections, string plans, string role)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        var lockTimeout = options.LockTimeout.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        settings.Options = $"{settings.Options} {plans} -c lock_timeout={lockTimeout}".Trim();
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
