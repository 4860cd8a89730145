using OrleansSync.Backends.Postgres;

namespace OrleansSync.Backends;

/// <summary>What a backend keeps its data in.</summary>
public enum BackendStore
{
    /// <summary>The embedded server: one process, SQLite files.</summary>
    Sqlite = 1,

    /// <summary>A cluster of three silos and two gateways on a private PostgreSQL.</summary>
    Postgres = 2,
}

/// <summary>A backend as child processes, of which a sample need not know how many they are.</summary>
public interface IBackend : IAsyncDisposable
{
    /// <summary>Where devices connect; all of them serve all devices.</summary>
    IReadOnlyList<Uri> Addresses { get; }

    /// <summary>What it is, for people.</summary>
    string Description { get; }

    /// <summary>What <see cref="Kill"/> ends, for people.</summary>
    string Victim { get; }

    /// <summary>Ends all that serves data as a power cut would (SIGKILL).</summary>
    void Kill();

    /// <summary>Starts it again, on the same data and ports, after <see cref="Kill"/>.</summary>
    Task RestartAsync(CancellationToken cancellationToken);
}

public static class Backend
{
    /// <summary>Starts a backend and returns when it is ready.</summary>
    /// <param name="store">Which.</param>
    /// <param name="folder">For the files of the embedded one; created when absent.</param>
    /// <param name="settings">More keys of the configuration's section OrleansSync.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BackendException">It ended, or was not ready in time; the message holds what it printed last.</exception>
    public static async Task<IBackend> StartAsync(
        BackendStore store, string folder, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        store == BackendStore.Sqlite
            ? await EmbeddedBackend.StartAsync(folder, settings, cancellationToken)
            : await PrivateCluster.StartAsync(settings, cancellationToken);

    /// <summary>A cluster, and a PostgreSQL server of its own that goes with it.</summary>
    private sealed class PrivateCluster(PostgresServer server, PostgresDatabase database, ClusterBackend cluster) : IBackend
    {
        public IReadOnlyList<Uri> Addresses => cluster.Grpc;

        public string Description => $"{cluster.Silos.Count} silos and {cluster.Gateways.Count} gateways on PostgreSQL, "
            + $"processes {string.Join(", ", cluster.All.Select(static process => process.Id))}";

        public string Victim => "all silos";

        public static async Task<PrivateCluster> StartAsync(
            IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
        {
            var server = await PostgresServer.StartAsync(cancellationToken);
            try
            {
                var database = await PostgresDatabase.CreateOnAsync(server, cancellationToken);
                var shape = new ClusterShape { Settings = settings };
                return new(server, database, await ClusterBackend.StartAsync(database.ConnectionString, shape, cancellationToken));
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }

        public void Kill() => cluster.KillSilos();

        public Task RestartAsync(CancellationToken cancellationToken) => cluster.RestartAsync(cancellationToken);

        public async ValueTask DisposeAsync()
        {
            await cluster.DisposeAsync();
            await database.DisposeAsync();
            await server.DisposeAsync();
        }
    }
}
