using System.Reflection;
using Npgsql;
using OrleansSync.Storage.Postgres.Schema;

namespace OrleansSync.Silo.GrainStorage;

/// <summary>What Orleans itself keeps in PostgreSQL: membership, reminders, grain states.</summary>
internal static class OrleansDatabase
{
    /// <summary>What Orleans calls Npgsql.</summary>
    public const string Invariant = "Npgsql";

    // The scripts put everything of Orleans there, apart from the users' data.
    private const string Schema = "orleans";
    private const string Scripts = "OrleansSync.Silo.Scripts.Postgres.";

    // Membership, reminders and profiles are low-rate; each process holds at most so many connections for them.
    private const int MaxConnections = 5;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(1);

    /// <summary>The same database, as Orleans is to use it.</summary>
    public static string ConnectionStringFor(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        SearchPath = Schema,
        MaxPoolSize = MaxConnections,
        MinPoolSize = 0,
        // A database that does not answer must not hold up the silo's membership for longer than its probes take.
        Timeout = 5,
        CommandTimeout = 10,
    }.ConnectionString;

    /// <summary>Brings the tables up to date. A database that is only just starting is waited for.</summary>
    /// <exception cref="IOException">The database cannot be reached, or refuses the user.</exception>
    /// <exception cref="InvalidOperationException">The database is of a later version, or a script failed.</exception>
    public static async Task UpgradeAsync(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await Task.Run(() => PostgresScripts.Apply(connectionString, Assembly.GetExecutingAssembly(), Scripts), cancellationToken);
                return;
            }
            catch (NpgsqlException fault) when (fault.IsTransient && TimeProvider.System.GetElapsedTime(started) < StartPatience)
            {
                Log.DatabaseAwaited(logger, fault.Message);
            }
            catch (NpgsqlException fault)
            {
                var target = new NpgsqlConnectionStringBuilder(connectionString);
                throw new IOException(
                    $"The database {target.Database} on {target.Host}:{target.Port} cannot be opened: {fault.Message}", fault);
            }

            await Task.Delay(StartPause, cancellationToken);
        }
    }
}

/// <summary>Applies Orleans' scripts before anything in the silo asks for its tables.</summary>
internal sealed class OrleansDatabaseUpgrade(string connectionString, ILogger<OrleansDatabaseUpgrade> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(OrleansDatabaseUpgrade),
        ServiceLifecycleStage.First,
        cancellationToken => OrleansDatabase.UpgradeAsync(connectionString, logger, cancellationToken));
}
