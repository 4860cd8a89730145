using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansSync.Backends.Postgres;
using OrleansSync.Client;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Grains.Storage;
using OrleansSync.Hosting;
using OrleansSync.Silo.Executable;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Sqlite;

namespace OrleansSync.Gateway.Tests.Life;

/// <summary>A server whose data is backed up and restored while it is down, on the store that the tests run on; and real devices with their files.</summary>
internal sealed class RestorableServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanssync-restore-");
    private readonly Action<OrleansSyncBuilder> _configure;
    private readonly PostgresDatabase? _database;
    private readonly List<SyncStore> _devices = [];
    private GatewayServer _server = null!;

    private RestorableServer(Action<OrleansSyncBuilder> configure, PostgresDatabase? database) => (_configure, _database) = (configure, database);

    private string Data => Path.Combine(_folder.FullName, "data");

    private string Backup => Path.Combine(_folder.FullName, "backup");

    public static async Task<RestorableServer> StartAsync(Action<OrleansSyncBuilder> configure)
    {
        var isPostgres = Environment.GetEnvironmentVariable("ORLEANSSYNC_TEST_STORE") == "postgres";
        var server = new RestorableServer(configure, isPostgres ? await PostgresDatabase.CreateAsync() : null);
        await server.StartAsync();
        return server;
    }

    /// <summary>A device, by name: its file is there again when it is opened again.</summary>
    public async Task<SyncStore> OpenAsync(string name, Func<SyncStoreOptions, SyncStoreOptions>? change = null)
    {
        var options = new SyncStoreOptions
        {
            DatabasePath = Path.Combine(_folder.FullName, $"{name}.db"),
            Gateway = _server.Grpc,
            Credentials = new Token(),
            AutoSync = false,
            DeviceName = name,
        };
        var store = await SyncStore.OpenAsync(change?.Invoke(options) ?? options);
        _devices.Add(store);
        return store;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    public async Task BackUpAsync()
    {
        await StopAsync();
        if (_database is null) Copy(Data, Backup);
        else await ExecuteAsync($"CREATE DATABASE {Name}_backup TEMPLATE {Name}");
        await StartAsync();
    }

    /// <summary>Puts the backup in the place of the data.</summary>
    /// <param name="newLineage">The operator gives every user a new lineage, as is to be done.</param>
    public async Task RestoreAsync(bool newLineage)
    {
        await StopAsync();
        if (_database is null)
        {
            Directory.Delete(Data, recursive: true);
            Copy(Backup, Data);
        }
        else
        {
            await ExecuteAsync($"DROP DATABASE {Name} WITH (FORCE)");
            await ExecuteAsync($"CREATE DATABASE {Name} TEMPLATE {Name}_backup");
        }

        if (newLineage)
        {
            var store = OpenStore();
            await NewLineage.GiveAllAsync(store, TimeProvider.System, TextWriter.Null, default);
            await ((IAsyncDisposable)store).DisposeAsync();
        }

        await StartAsync();
    }

    /// <summary>Errors that the server has logged; reading them makes them expected.</summary>
    public IReadOnlyList<string> TakeErrors() => _server.TakeErrors();

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
        if (_database is null) return;
        await ExecuteAsync($"DROP DATABASE IF EXISTS {Name}_backup WITH (FORCE)");
        await _database.DisposeAsync();
    }

    private async Task StartAsync() => _server = await GatewayServer.StartAsync(
        sync =>
        {
            sync.UseSqlite(Data);
            _configure(sync);
        },
        services: services =>
        {
            if (_database is not null) services.Replace(ServiceDescriptor.Singleton(_ => OpenStore()));
        });

    private async Task StopAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
        _devices.Clear();
        await _server.DisposeAsync();
    }

    private ISyncStore OpenStore() => _database is null
        ? SqliteStore.Open(new SqliteStoreOptions { Path = Path.Combine(Data, "sync.db") }, NullLogger<SqliteStore>.Instance, TimeProvider.System)
        : PostgresStore.Open(
            new PostgresStoreOptions { ConnectionString = _database.ConnectionString, Connections = 8 }, NullLogger<PostgresStore>.Instance);

    private string Name => new NpgsqlConnectionStringBuilder(_database!.ConnectionString).Database!;

    private async Task ExecuteAsync(string sql)
    {
        NpgsqlConnection.ClearAllPools();
        var administrator = new NpgsqlConnectionStringBuilder(_database!.ConnectionString) { Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(administrator.ConnectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // The only part that varies is a name of hexadecimal digits.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private sealed class Token : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new("dev:ann");
    }
}
