using Orleans.Configuration;
using OrleansSync.Grains;
using OrleansSync.Grains.Devices;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Metrics;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Retention;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Users;
using OrleansSync.Hosting;
using OrleansSync.Silo.GrainStorage;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Sqlite;

namespace OrleansSync.Silo;

/// <summary>Adds OrleansSync to a silo.</summary>
public static class OrleansSyncSilo
{
    // What System.Data.SQLite stands for in Orleans is Microsoft.Data.Sqlite.
    private const string SqliteInvariant = "System.Data.SQLite";

    private const int LoneSiloCacheSize = 50_000;

    /// <summary>
    /// Registers the store, the schema, the limits and the grain storage. Clustering is the caller's choice; with SQLite it
    /// is <c>UseLocalhostClustering</c>. So are reminders, but with SQLite, where they need not outlive the process. Files and databases are opened, and their schemas brought up to date, when the silo starts.
    /// </summary>
    /// <exception cref="SyncSiloOptionsException">Something in the options cannot be served; the message lists every fault.</exception>
    public static ISiloBuilder AddOrleansSyncSilo(this ISiloBuilder silo, SyncSiloOptions options)
    {
        SyncSiloOptionsException.ThrowIfFaulty(options);
        silo.Services.AddSingleton(options.Schema);
        silo.Services.AddSingleton(options.Limits);
        silo.Services.AddMetrics();
        silo.Services.AddSingleton<ServerMetrics>();
        silo.Services.AddOrleansSyncBackend();
        silo.Services.AddSingleton<RowLoader>();
        silo.Services.AddSingleton(services => new Resolvers(options.Resolvers, services.GetRequiredService<ILogger<Resolvers>>()));
        silo.Services.AddSingleton(new GrainSettings
        {
            Schema = options.Schema,
            ChangeLog = new ChangeLogOptions { Limits = options.Limits, GiveUpAfter = options.ResponseTimeout / 2 },
            Time = options.Time,
            MaxDevices = options.MaxDevices,
            Retention = options.Retention,
        });
        // The reminder service warns of less than a minute; whoever wants purges that often is warned.
        silo.Configure<ReminderOptions>(reminders =>
        {
            if (options.Retention.Every < reminders.MinimumReminderPeriod) reminders.MinimumReminderPeriod = options.Retention.Every;
        });
        silo.Services.AddHostedService<PurgeSchedule>();
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = options.ResponseTimeout;
            messaging.MaxEnqueuedRequestsHardLimit = options.MaxWaitingCalls;
            messaging.MaxEnqueuedRequestsHardLimit_StatelessWorker = options.MaxWaitingCalls;
        });
        return options.Storage switch
        {
            SiloStorage.SqliteFiles files => AddSqlite(silo, files, options),
            SiloStorage.PostgresDatabase database => AddPostgres(silo, database),
            SiloStorage.SharedStore shared => AddShared(silo, shared),
            _ => throw new InvalidOperationException($"{options.Storage} is no storage that a silo knows."),
        };
    }

    private static ISiloBuilder AddSqlite(ISiloBuilder silo, SiloStorage.SqliteFiles files, SyncSiloOptions options)
    {
        // One silo knows where its own grains are. The default, 1,000,000, is a table of 18 MB that few entries already spread over.
        silo.Configure<GrainDirectoryOptions>(static directory => directory.CacheSize = LoneSiloCacheSize);
        var store = new SqliteStoreOptions { Path = Path.Combine(files.Folder, "sync.db") };
        silo.Services.AddSingleton<ISyncStore>(services =>
            SqliteStore.Open(store, services.GetRequiredService<ILogger<SqliteStore>>(), options.Time));
        silo.Services.AddSingleton(_ => GrainDataSource.Open(Path.Combine(files.Folder, "grains.db")));
        silo.AddAdoNetGrainStorage(GrainSettings.StorageName, storage => storage.Configure<GrainDataSource>((ado, source) =>
        {
            ado.Invariant = SqliteInvariant;
            ado.DataSource = source;
            ado.GrainStorageSerializer = new DeviceStateSerializer();
        }));
        silo.UseInMemoryReminderService();
        return OpenAtStart(silo);
    }

    private static ISiloBuilder AddPostgres(ISiloBuilder silo, SiloStorage.PostgresDatabase database)
    {
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => new OrleansDatabaseUpgrade(
            database.ConnectionString, services.GetRequiredService<ILogger<OrleansDatabaseUpgrade>>()));
        var store = new PostgresStoreOptions { ConnectionString = database.ConnectionString };
        silo.Services.AddSingleton<ISyncStore>(services =>
            PostgresStore.Open(store, services.GetRequiredService<ILogger<PostgresStore>>()));
        silo.AddAdoNetGrainStorage(GrainSettings.StorageName, storage => storage.Configure(ado =>
        {
            ado.Invariant = OrleansDatabase.Invariant;
            ado.ConnectionString = OrleansDatabase.ConnectionStringFor(database.ConnectionString);
            ado.GrainStorageSerializer = new DeviceStateSerializer();
        }));
        return OpenAtStart(silo);
    }

    // Otherwise the first caller would meet what is wrong with the store.
    private static ISiloBuilder OpenAtStart(ISiloBuilder silo) => silo.AddStartupTask(static (services, _) =>
    {
        services.GetRequiredService<ISyncStore>();
        return Task.CompletedTask;
    }, ServiceLifecycleStage.RuntimeStorageServices);

    private static ISiloBuilder AddShared(ISiloBuilder silo, SiloStorage.SharedStore shared)
    {
        silo.Services.AddSingleton(shared.Store);
        silo.UseInMemoryReminderService();
        return silo.AddMemoryGrainStorage(GrainSettings.StorageName);
    }
}
