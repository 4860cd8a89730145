using OrleansSync.Client;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Sync;
using OrleansSync.Core;
using OrleansSync.Testing.Checking;
using OrleansSync.Testing.Network;

namespace OrleansSync.Testing;

/// <summary>A device of the world: a real store with its database in a file, behind a network that the test breaks.</summary>
public sealed class SyncDevice : IAsyncDisposable
{
    private readonly SyncWorld _world;
    private readonly DeviceNetwork _network;
    private readonly SyncStoreOptions _options;

    private SyncDevice(SyncWorld world, DeviceNetwork network, SyncStoreOptions options, string user, SyncStore store) =>
        (_world, _network, _options, User, Store) = (world, network, options, user, store);

    /// <summary>As it was named.</summary>
    public string Name => _options.DeviceName;

    /// <summary>Whose device it is.</summary>
    public string User { get; }

    /// <summary>Its store. Another one after <see cref="RestartAsync"/>.</summary>
    public SyncStore Store { get; private set; }

    /// <summary>Whether it has a network.</summary>
    public bool IsOnline => _network.IsUp;

    internal static async Task<SyncDevice> OpenAsync(SyncWorld world, DeviceNetwork network, SyncStoreOptions options, string user)
    {
        var store = await SyncStore.OpenAsync(options);
        var device = new SyncDevice(world, network, options, user, store);
        network.Awaits = device.Awaits;
        await device.AtRestAsync();
        return device;
    }

    /// <summary>
    /// Takes the network away, and tells the device so: calls and streams break, and it tries again at its periodic sync only. It has noticed
    /// when this returns.
    /// </summary>
    public Task GoOfflineAsync()
    {
        _network.Set(isUp: false);
        return WithoutSessionAsync();
    }

    /// <summary>Brings the network back, and tells the device so. Returns when it has connected, or cannot.</summary>
    public Task GoOnlineAsync()
    {
        _network.Set(isUp: true);
        return AtRestAsync();
    }

    /// <summary>
    /// Breaks every call and stream that is under way, as a network does that fails for a moment; the device has noticed when this returns. It comes
    /// back after its backoff, or when it is asked to sync.
    /// </summary>
    public Task CutConnectionAsync() => _network.FailAsync(WithoutSessionAsync);

    /// <summary>
    /// Breaks the connection under the next acknowledgement: the server has taken a batch, and the device does not hear of it, not from its watch
    /// either. It sends the batch again. Several calls lose several acknowledgements.
    /// </summary>
    public void LoseNextAcknowledgement() => _network.LoseAcknowledgement();

    /// <summary>Closes the store and opens it again on its file, as when the app is started anew.</summary>
    public async Task RestartAsync()
    {
        await Store.DisposeAsync();
        Store = await SyncStore.OpenAsync(_options);
        await AtRestAsync();
    }

    /// <summary>Closes the store, and takes the device out of the world.</summary>
    public async ValueTask DisposeAsync()
    {
        _world.Remove(this);
        await Store.DisposeAsync();
        _network.Dispose();
    }

    internal SyncEngine Syncing => Store.Syncing!;

    internal Task AtRestAsync() => Syncing.UntilAtRestAsync();

    internal Task WithoutSessionAsync() => Syncing.UntilWithoutSessionAsync();

    private bool Awaits(OperationId operation) => Store.Database.Read(
        connection => OperationTable.Find(connection, operation) is { Status: OperationStatus.Pending or OperationStatus.Failed });
}
