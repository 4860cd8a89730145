using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Grains;
using OrleansSync.Grains.Contracts;
using OrleansSync.Hosting;

namespace OrleansSync.Gateway.Tests.Life;

/// <summary>A whole server whose days a test lets pass, and real devices with their files, which sync when they are asked to.</summary>
public sealed class LifeServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanssync-life-");
    private readonly List<SyncStore> _devices = [];

    private LifeServer(GatewayServer server, ShiftedTime time) => (Server, Time) = (server, time);

    public GatewayServer Server { get; }

    /// <summary>The server's.</summary>
    public ShiftedTime Time { get; }

    public static async Task<LifeServer> StartAsync(Action<OrleansSyncBuilder> configure, Action<WebApplicationBuilder>? host = null)
    {
        var time = new ShiftedTime();
        return new LifeServer(await GatewayServer.StartAsync(configure, host, services =>
        {
            var settings = (GrainSettings)services.Single(static service => service.ServiceType == typeof(GrainSettings)).ImplementationInstance!;
            services.Replace(ServiceDescriptor.Singleton(settings with { Time = time }));
        }), time);
    }

    /// <summary>A device of a user, by name: its file is there again when it is opened again.</summary>
    public async Task<SyncStore> OpenAsync(string user, string name, IMeterFactory? meters = null, string[]? types = null, ILoggerFactory? loggers = null, bool live = false)
    {
        var store = await SyncStore.OpenAsync(new SyncStoreOptions
        {
            DatabasePath = Path.Combine(_folder.FullName, $"{user}-{name}.db"),
            Gateway = Server.Grpc,
            Credentials = new UserToken(user),
            AutoSync = live,
            Debounce = live ? TimeSpan.Zero : TimeSpan.FromSeconds(3),
            DeviceName = name,
            MeterFactory = meters,
            Types = types,
            LoggerFactory = loggers ?? NullLoggerFactory.Instance,
        });
        _devices.Add(store);
        return store;
    }

    /// <summary>Two devices of a new user that have synced once: they know the schema and write offline from here on.</summary>
    public async Task<(SyncStore A, SyncStore B)> PairAsync()
    {
        var user = SharedServer.NewUser();
        var (a, b) = (await OpenAsync(user, "a"), await OpenAsync(user, "b"));
        await SyncAsync(a, b);
        return (a, b);
    }

    /// <summary>Each in turn, then all again: afterwards every one has seen what each of them wrote.</summary>
    public static async Task SyncAsync(params SyncStore[] devices)
    {
        for (var round = 0; round < 2; round++)
        {
            foreach (var device in devices) await device.SyncNowAsync();
        }
    }

    /// <summary>What the cluster's reminder does each hour.</summary>
    public Task<PurgeReport> PurgeAsync() => Server.Services.GetRequiredService<IGrainFactory>().GetGrain<IPurgeGrain>(0).RunAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private sealed class UserToken(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new($"dev:{user}");
    }
}

/// <summary>The system's clock, some days on.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private long _ticks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
}

internal static class LifeDocuments
{
    public static async Task<string?> TextAsync(this SyncStore store, string type, string id, string field) =>
        (await store.Collection(type).FindAsync(id))?.Fields[field]?.ToString();

    public static async Task<OutcomeKind> OutcomeAsync(this WriteReceipt receipt) =>
        (await receipt.Outcome.WaitAsync(TimeSpan.FromSeconds(30))).Kind;
}
