using Orleans.Configuration;
using OrleansSync.Hosting;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Silo.Hosting;

/// <summary>Makes a host a silo, alone or in a cluster.</summary>
internal static class SiloHosting
{
    /// <summary>Adds the silo that the settings describe, and its health.</summary>
    public static void Add(IHostApplicationBuilder host, ServerSettings settings, Faults faults)
    {
        host.UseOrleans(silo =>
        {
            if (settings.Storage is StorageSettings.Postgres { ConnectionString: var connection })
            {
                Clustering.AddSilo(silo, settings.Cluster, connection);
            }
            else
            {
                AddAlone(silo);
            }

            try
            {
                silo.AddOrleansSyncSilo(new SyncSiloOptions
                {
                    Storage = StorageOf(settings.Storage),
                    Schema = settings.Schema,
                    Resolvers = settings.Resolvers,
                    Limits = settings.Limits,
                    Retention = settings.Retention,
                });
            }
            catch (SyncSiloOptionsException exception)
            {
                faults.AddRange(exception.Faults);
            }
        });
        host.Services.AddHealthChecks().AddCheck<SiloHealth>("silo", tags: [HealthTags.Ready]);
    }

    // Known to nobody: clustering stays in this process. The advertised port is only a part of the silo's name, so that many
    // embedded servers run beside each other; what is listened on is whatever port is free.
    private static void AddAlone(ISiloBuilder silo)
    {
        silo.UseLocalhostClustering();
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.SiloListeningEndpoint = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0);
            endpoints.GatewayPort = 0;
        });
    }

    private static SiloStorage StorageOf(StorageSettings storage) => storage switch
    {
        // A folder that is missing was told as a fault already; the silo's options would tell it again.
        StorageSettings.Sqlite { Folder: var folder } => SiloStorage.Sqlite(folder.Length > 0 ? folder : "."),
        StorageSettings.Postgres { ConnectionString: var connection } => SiloStorage.Postgres(connection),
        _ => throw new InvalidOperationException($"{storage} is no storage that a silo knows."),
    };
}
