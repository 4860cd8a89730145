using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.TestingHost;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Retention;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Silo;

namespace OrleansSync.Grains.Tests.Cluster;

/// <summary>Silos in this process that share one store.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    // Long enough for two busy cores, short enough that a test may wait for it.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly TestStore? _store;

    private TestSilos(InProcessTestCluster cluster, TestStore? store) => (Cluster, _store) = (cluster, store);

    public InProcessTestCluster Cluster { get; }

    public IServiceProvider Services => Cluster.GetSiloServiceProvider(Cluster.Silos[0].SiloAddress);

    public ISyncStore Store => Services.GetRequiredService<ISyncStore>();

    public static async Task<TestSilos> StartAsync(
        short silos, StoreKind kind, Func<ISyncStore, ISyncStore>? wrap = null, RetentionOptions? retention = null)
    {
        var store = await TestStore.OpenAsync(kind);
        return await StartAsync(SiloStorage.Shared(wrap?.Invoke(store.Store) ?? store.Store), silos, store, retention);
    }

    public static async Task<TestSilos> StartAsync(
        SiloStorage storage, short silos = 1, TestStore? store = null, RetentionOptions? retention = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddOrleansSyncSilo(new SyncSiloOptions
            {
                Storage = storage,
                ResponseTimeout = Timeout,
                Retention = retention ?? new RetentionOptions(),
            });
            silo.ConfigureLogging(static logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        builder.ConfigureClient(static client =>
            client.Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = Timeout));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new(cluster, store);
    }

    public IFeedGrain Feed(string user) => Cluster.Client.GetGrain<IFeedGrain>(ScopeId.ForUser(user).Value);

    public IUserGrain User(string id) => Cluster.Client.GetGrain<IUserGrain>(id);

    /// <summary>A device with a session.</summary>
    public async Task<TestDevice> DeviceAsync(string user, int number)
    {
        var device = new TestDevice(number);
        SessionRequest request = new(device.Id, [], 0, new($"device {number}", "test", "1"), DeviceStatus.Empty);
        var reply = await AgainAsync(() => User(user).OpenSessionAsync(request), static _ => true);
        Assert.Equal(SessionStatus.Valid, reply.Status);
        return device;
    }

    /// <summary>Sends a batch until it has outcomes, as a device does.</summary>
    public async Task<Outcome[]> PushAsync(string user, PushBatch batch)
    {
        var reply = await AgainAsync(
            () => User(user).PushAsync(batch), static reply => reply.Status is not (PushStatus.Unavailable or PushStatus.Overloaded));
        Assert.Equal(PushStatus.Done, reply.Status);
        return [.. reply.Outcomes];
    }

    // A silo that goes away under a call leaves the outcome unknown, and calling again is safe.
    private static async Task<T> AgainAsync<T>(Func<Task<T>> call, Func<T, bool> isFinal)
    {
        while (true)
        {
            try
            {
                var reply = await call();
                if (isFinal(reply)) return reply;
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        if (_store is not null) await _store.DisposeAsync();
    }
}
