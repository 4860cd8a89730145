using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Hosting;
using OrleansSync.Testing.Checking;
using OrleansSync.Testing.Network;
using OrleansSync.Testing.Server;

namespace OrleansSync.Testing;

/// <summary>
/// A server and its devices for a test: the real ones, in the test's process, without a port and with their files in a temporary folder
/// that goes with the world. Time stands still for the devices until the test moves it. For any test framework.
/// </summary>
/// <remarks>Call its methods one after the other; stores may be used from any thread. Worlds beside each other know nothing of each other.</remarks>
public sealed class SyncWorld : IAsyncDisposable
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanssync-world-");
    private readonly ServerLink _link = new();
    private readonly List<SyncDevice> _devices = [];
    private readonly Action<OrleansSyncBuilder> _configure;
    private readonly ILoggerFactory _loggers;
    private WorldServer? _server;
    private int _opened;

    private SyncWorld(Action<OrleansSyncBuilder> configure, ILoggerFactory? loggers) =>
        (_configure, _loggers) = (configure, loggers ?? NullLoggerFactory.Instance);

    /// <summary>
    /// The time of all devices; give it to the app's own services too. <see cref="AdvanceAsync"/> moves it and waits for what comes due;
    /// <c>Time.Advance</c> only moves it. The server lives by the machine's clock.
    /// </summary>
    public FakeTimeProvider Time { get; } = new();

    /// <summary>The devices that are open, in the order in which they were added.</summary>
    public IReadOnlyList<SyncDevice> Devices => _devices;

    /// <summary>Starts a server for what <paramref name="configure"/> declares; without it, for any type, as field merge.</summary>
    /// <param name="configure">Declares entity types, and changes limits, as the app's own server does.</param>
    /// <param name="loggers">Where the logs of server and devices go; <c>null</c>: nowhere.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OrleansSyncConfigurationException">What is declared cannot be served; the message lists every fault.</exception>
#pragma warning disable RS0026 // Both overloads are of the first version: no call of an app becomes another one by them.
    public static async Task<SyncWorld> StartAsync(
        Action<OrleansSyncBuilder>? configure = null, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        var world = new SyncWorld(
            sync =>
            {
                // As in production, so that a declaration that is missing is found; Development would take anything.
                sync.AcceptUndeclaredTypes(configure is null);
                configure?.Invoke(sync);
            },
            loggers);
        try
        {
            await world.StartServerAsync(cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server for the types of a schema, such as the one that the app gives its devices.</summary>
    /// <inheritdoc cref="StartAsync(Action{OrleansSyncBuilder}, ILoggerFactory, CancellationToken)"/>
    public static Task<SyncWorld> StartAsync(SyncSchema schema, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default) =>
        StartAsync(sync => SchemaDeclaration.Declare(schema, sync), loggers, cancellationToken);
#pragma warning restore RS0026

    /// <summary>Adds a device with an empty database, and returns when it is connected, or cannot be.</summary>
    /// <param name="name">For messages, and for the user's device list. Of its own among the open devices.</param>
    /// <param name="user">Whose device it is; devices of one user share their data.</param>
    /// <param name="online">Whether it has a network.</param>
    /// <param name="change">Changes the options of its store, such as its indexes. Gateway, credentials, time and handler are the world's.</param>
    /// <exception cref="ArgumentException">There is an open device of this name.</exception>
    /// <exception cref="SyncException">The options are not valid (OS2000).</exception>
    public async Task<SyncDevice> AddDeviceAsync(
        string name, string user = "user", bool online = true, Func<SyncStoreOptions, SyncStoreOptions>? change = null)
    {
        if (_devices.Exists(device => device.Name == name)) throw new ArgumentException($"There is a device '{name}' already.", nameof(name));
        var network = new DeviceNetwork(_link, online);
        var options = new SyncStoreOptions { DatabasePath = Path.Combine(_folder.FullName, $"device-{++_opened}.db"), Schema = Server.Schema };
        options = (change?.Invoke(options) ?? options) with
        {
            DeviceName = name,
            Gateway = WorldServer.Address,
            Credentials = new WorldCredentials(user),
            Conditions = network,
            HttpHandler = network,
            TimeProvider = Time,
            LoggerFactory = _loggers,
        };
        var added = await SyncDevice.OpenAsync(this, network, options, user);
        _devices.Add(added);
        return added;
    }

    /// <summary>
    /// Moves the time of all devices, from one moment at which one of them does something to the next, and returns when they have done
    /// all that came due: pushes after their debounce, retries, periodic syncs. Takes no time of its own.
    /// </summary>
    /// <param name="by">How far. Days are as good as seconds.</param>
    public async Task AdvanceAsync(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var until = Time.GetUtcNow() + by;
        await SettleAsync();
        while (Time.GetUtcNow() is var now && now < until)
        {
            Time.Advance(NextStep(until - now));
            await SettleAsync();
        }
    }

    /// <summary>
    /// Returns when no device has anything under way that it began by itself. What one device has pushed may still be on its way to the others:
    /// <see cref="ConvergeAsync"/> waits for that too.
    /// </summary>
    public Task SettleAsync() => Task.WhenAll(_devices.Select(static device => device.AtRestAsync()));

    /// <summary>
    /// Lets the devices that are online sync, one after the other, until they have nothing pending and, user by user, the same cursor. Skips their debounce and
    /// backoff; moves their time only where the server has named one to come back at.
    /// </summary>
    /// <param name="timeout">The longest wait, in real time; 30 s. Where syncing changes nothing any more, it ends sooner.</param>
    /// <exception cref="SyncWorldException">They do not converge; the message names those that are not there, and why.</exception>
    public Task ConvergeAsync(TimeSpan? timeout = null) => Rounds.ConvergeAsync(_devices, Time, timeout ?? DefaultPatience);

    /// <summary>
    /// Checks that all open devices of a user hold the same, online or not: what their apps see and, to the byte, the server's rows below it.
    /// </summary>
    /// <exception cref="SyncWorldException">They do not; the message tells which entities and fields differ, and how.</exception>
    public Task AssertIdenticalAsync(string user = "user") => Differences.AssertNoneAsync(user, [.. _devices.Where(device => device.User == user)]);

    /// <summary>
    /// Stops the server in good order and starts it again on its data, as an upgrade does. Devices lose their streams; they come back after their backoff, or
    /// when they are asked to sync.
    /// </summary>
    public async Task RestartServerAsync(CancellationToken cancellationToken = default)
    {
        await StopServerAsync();
        foreach (var device in _devices) await device.WithoutSessionAsync();
        await StartServerAsync(cancellationToken);
    }

    /// <summary>Closes all devices, ends the server and removes all files.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices.ToArray()) await device.DisposeAsync();
        await StopServerAsync();
        _link.Dispose();
        if (_folder.Exists) _folder.Delete(recursive: true);
    }

    /// <summary>Where all its files are.</summary>
    internal string Folder => _folder.FullName;

    internal void Remove(SyncDevice device) => _devices.Remove(device);

    private WorldServer Server => _server ?? throw new ObjectDisposedException(nameof(SyncWorld));

    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        _server = await WorldServer.StartAsync(_folder.FullName, _configure, _loggers, cancellationToken);
        _link.Connect(_server.CreateHandler());
    }

    private async Task StopServerAsync()
    {
        if (_server is not { } server) return;
        _server = null;
        _link.Disconnect();
        await server.DisposeAsync();
    }

    /// <summary>At least a millisecond: what is due in less is not seen by a timer.</summary>
    private TimeSpan NextStep(TimeSpan left)
    {
        var step = left;
        foreach (var device in _devices)
        {
            if (device.Syncing.Observe().WakesAfter is { } wake && wake < step) step = wake;
        }

        var least = TimeSpan.FromMilliseconds(1);
        if (step < least) step = least;
        return step < left ? step : left;
    }

    /// <summary>The server's tokens name their user.</summary>
    private sealed class WorldCredentials(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new($"dev:{user}");
    }
}
