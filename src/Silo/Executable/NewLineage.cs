using Npgsql;
using OrleansSync.Grains;
using OrleansSync.Grains.Storage;
using OrleansSync.Hosting;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Silo.Executable;

/// <summary>What is to be done after the data was set back to an earlier point, while no server is at work on it.</summary>
internal static class NewLineage
{
    private const int ScopesAtATime = 500;

    // Silos tell that they are alive each 2 s; clocks of machines may differ.
    private const string AliveSilos = "SELECT count(*) FROM orleans.members WHERE status = 3 AND alive_at > now() - interval '30 seconds'";

    /// <summary>Gives every user a new lineage in the store of these services, unless servers are at work on it.</summary>
    /// <exception cref="IOException">The store cannot be opened, or a silo is running.</exception>
    public static async Task RunAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        if (services.GetService<ISyncStore>() is not { } store) throw new IOException("A gateway has no store. Run this with the silo's executable and settings.");
        // A file has one owner: opening it has told.
        if (services.GetRequiredService<ServerSettings>().Storage is StorageSettings.Postgres { ConnectionString: var database })
            await ThrowIfAliveAsync(database, cancellationToken);
        await GiveAllAsync(store, services.GetRequiredService<GrainSettings>().Time, output, cancellationToken);
    }

    /// <summary>The same for a store that nobody else uses. May be repeated where it was cut off.</summary>
    public static async Task GiveAllAsync(ISyncStore store, TimeProvider time, TextWriter output, CancellationToken cancellationToken)
    {
        var (through, done) = (Lineages.Through(time), 0L);
        // First: who is not in the backup at all is made with a sequence above those of before as well.
        await store.MarkRestoredAsync(through, cancellationToken);
        for (var page = await NextAsync(null); page.Count > 0; page = await NextAsync(page[^1]))
        {
            done += await store.BeginLineagesAsync(page, through, cancellationToken);
            await output.WriteLineAsync($"OrleansSync new lineage: {done} users");
        }

        await output.WriteLineAsync($"OrleansSync new lineage done: users={done} from={through}");

        Task<IReadOnlyList<Core.ScopeId>> NextAsync(Core.ScopeId? after) => store.ListScopesAsync(after, ScopesAtATime, cancellationToken);
    }

    private static async Task ThrowIfAliveAsync(string database, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("SELECT to_regclass('orleans.members') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true) return;
        await using var command = new NpgsqlCommand(AliveSilos, connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is long alive and > 0)
            throw new IOException($"{alive} silos are running on this database, or were 30 s ago. Stop all silos and gateways first.");
    }
}
