using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Utilities;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Devices;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Metrics;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>One user: the owner of the change log of the user's scope, of the devices' sessions, and of who watches.</summary>
[GrainType("orleanssync.user")]
public sealed class UserGrain : Grain, IUserGrain
{
    private readonly Guid _activation = Guid.NewGuid();
    private readonly ILogger<UserGrain> _logger;
    private readonly ISyncStore _store;
    private readonly GrainSettings _settings;
    private readonly ScopeId _scope;
    private readonly ChangeLog _log;
    private readonly Sessions _sessions;
    private readonly ObserverManager<IScopeObserver> _observers;
    private readonly Dictionary<DeviceId, DevicePosition> _positions = [];
    private (long Epoch, ImmutableArray<DeviceId> Devices)? _revoked;

    public UserGrain(ISyncStore store, GrainSettings settings, Resolvers resolvers, ServerMetrics metrics, ILogger<UserGrain> logger)
    {
        _logger = logger;
        _store = store;
        _settings = settings;
        _scope = ScopeId.ForUser(this.GetPrimaryKeyString());
        var merger = new GrainMerger(GrainFactory, _scope);
        var context = new ChangeLogContext(_scope, store, merger, settings.Schema, settings.ChangeLog, settings.Time, logger)
        {
            Resolvers = resolvers,
            Metrics = metrics,
        };
        _log = new ChangeLog(context, OnCommit);
        _sessions = new Sessions(store, _scope, settings.MaxDevices, settings.Time, logger);
        _observers = new(settings.ObserverLease, logger) { GetDateTime = () => settings.Time.GetUtcNow().UtcDateTime };
    }

    public async Task<SessionReply> OpenSessionAsync(SessionRequest request)
    {
        var reply = await _sessions.OpenAsync(request);
        if (reply.Status != SessionStatus.Valid) return reply;
        _log.OnDevicesChanged();
        _ = ReportAsync(request);
        return reply;
    }

    public async Task<ConnectReply> ConnectAsync(IScopeObserver observer, DeviceId device, ImmutableArray<byte> token)
    {
        Register(observer);
        return new(await _sessions.VerifyAsync(device, token), _activation);
    }

    public Task<PushReply> PushAsync(PushBatch batch) => _log.PushAsync(batch);

    public Task<PushReply> WriteAsync(WriteRequest write) => _log.WriteAsync(write);

    public async Task<Subscription> SubscribeAsync(IScopeObserver observer)
    {
        Register(observer);
        // Read after the registration: a commit in between is told twice rather than not at all.
        return new((await _store.ReadScopeAsync(_scope, CancellationToken.None))?.Head ?? 0, _activation);
    }

    public Task UnsubscribeAsync(IScopeObserver observer)
    {
        _observers.Unsubscribe(observer);
        return Task.CompletedTask;
    }

    public async Task<ImmutableArray<DeviceInfo>> ListDevicesAsync()
    {
        var devices = await _store.ListDevicesAsync(_scope, CancellationToken.None);
        // What server code writes as is in nobody's hand.
        var held = devices.Where(static device => device.Device != DeviceId.Backend);
        return [.. await Task.WhenAll(held.Select(async device =>
        {
            var report = await Device(device.Device).GetAsync();
            var position = DevicePosition.Further(report.Position, _positions.GetValueOrDefault(device.Device));
            return new DeviceInfo(device.Device, report.Profile, report.Status, device.RegisteredAt, report.LastSeenAt, device.Revoked, position);
        }))];
    }

    public async Task<Renewal> RenewAsync(IScopeObserver observer, ImmutableArray<DevicePosition> positions)
    {
        Register(observer);
        // Only devices that were let in have streams, so there are no more of them than a user may have.
        foreach (var position in positions)
            _positions[position.Device] = DevicePosition.Further(_positions.GetValueOrDefault(position.Device), position)!;
        return await _store.ReadScopeAsync(_scope, CancellationToken.None) is { } state
            ? new(state.Head, _activation, await RevokedAsync(state.Epoch))
            : new(0, _activation, []);
    }

    public async Task<bool> RevokeDeviceAsync(DeviceId device)
    {
        if (device == DeviceId.Backend || !await _store.RevokeDeviceAsync(_scope, device, CancellationToken.None)) return false;
        _log.OnDevicesChanged();
        _observers.Notify(observer => Tell(observer.OnRevokedAsync(device)));
        return true;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _log.StopAsync().WaitAsync(cancellationToken);

    // Whoever revokes a device raises the epoch with it: while it stays, there are no others. Read after it, the list has them at least.
    private async Task<ImmutableArray<DeviceId>> RevokedAsync(long epoch)
    {
        if (_revoked is { } known && known.Epoch == epoch) return known.Devices;
        var devices = await _store.ListDevicesAsync(_scope, CancellationToken.None);
        ImmutableArray<DeviceId> revoked = [.. devices.Where(static device => device.Revoked).Select(static device => device.Device)];
        _revoked = (epoch, revoked);
        return revoked;
    }

    private void Register(IScopeObserver observer)
    {
        _observers.ClearExpired();
        _observers.Subscribe(observer, observer);
    }

    private void OnCommit(CommitNotice notice)
    {
        _observers.Notify(observer => Tell(observer.OnCommitAsync(notice)));
        _logger.CommitTold(notice.Sequence, _observers.Count, notice.Whole);
    }

    // Observer calls are one-way: the task ends when the message is handed over, and nobody waits for a slow gateway.
    private static void Tell(Task sent) => sent.Ignore();

    private IDeviceGrain Device(DeviceId device) =>
        GrainFactory.GetGrain<IDeviceGrain>(DeviceGrainKey.Of(this.GetPrimaryKeyString(), device));

    // What a device tells of itself is for its owner's eyes; a handshake neither fails nor waits for it. Who asks for the device's
    // report next asks the same grain, and so after it. A silo that stops in between loses it, until the next handshake.
    private async Task ReportAsync(SessionRequest request)
    {
        try
        {
            var now = _settings.Time.GetUtcNow().ToUnixTimeMilliseconds();
            await Device(request.Device).ReportAsync(request.Profile, request.Status, now);
        }
#pragma warning disable CA1031 // Whatever the profile's storage has, it is logged, and the next handshake reports again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.ProfileNotKept(exception);
        }
    }
}
