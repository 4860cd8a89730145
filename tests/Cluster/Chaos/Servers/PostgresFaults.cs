using Npgsql;
using OrleansSync.Backends.Postgres;
using OrleansSync.Chaos.Nemesis;
using OrleansSync.Chaos.Network;

namespace OrleansSync.Chaos.Servers;

/// <summary>What can happen to the database server; one thing at a time.</summary>
internal sealed class PostgresFaults(PostgresServer server, FaultyProxy network, string direct) : IDatabaseServer
{
    /// <summary>The application name of the silos' and gateways' sessions.</summary>
    public const string Victims = "chaos";

    public FaultyProxy Network => network;

    public async Task RestartAsync(bool crash, TimeSpan away, CancellationToken heal)
    {
        await server.StopAsync(crash);
        await FaultTime.LastAsync(away, heal);
        await server.StartAgainAsync(CancellationToken.None);
    }

    public async Task<bool> TerminateBackendsAsync(int most, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(direct);
        await connection.OpenAsync(CancellationToken.None);
        // Those in the middle of something first: of the rest nobody would notice more than a new connection.
        await using var command = new NpgsqlCommand(
            """
            SELECT count(pg_terminate_backend(pid)) FROM (
              SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()
              ORDER BY (state = 'active' OR xact_start IS NOT NULL) DESC, random() LIMIT $2) AS victims
            """,
            connection)
        {
            Parameters = { new() { Value = Victims }, new() { Value = most } },
        };
        return (long)(await command.ExecuteScalarAsync(CancellationToken.None))! > 0;
    }
}
