using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts;

/// <summary>One per user; keyed by the user id. Owns the change log of the user's scope.</summary>
/// <exception cref="Storage.StoreUnavailableException">
/// Any method but a push, which has a status for it: the store does not answer; calling again is safe.
/// </exception>
/// <remarks>
/// A call that is under way in a silo that dies is answered by nobody. Those that may be repeated time out soon, for their
/// callers to do so; a push may take as long as a busy store does, so gateways look after it (see <see cref="SubscribeAsync"/>).
/// </remarks>
[Alias("orleanssync.user"), GrainInterfaceType("orleanssync.user")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>A device's handshake: registers it or rotates its session token.</summary>
    [Alias("open-session"), ResponseTimeout("00:00:05")]
    Task<SessionReply> OpenSessionAsync(SessionRequest request);

    /// <summary>
    /// Called when a stream opens: registers its gateway's observer (see <see cref="SubscribeAsync"/>), and says then whether the token is the
    /// device's, so that no revocation falls between the two. A pending token is proved by it.
    /// </summary>
    [Alias("connect"), ResponseTimeout("00:00:03")]
    Task<ConnectReply> ConnectAsync(IScopeObserver observer, DeviceId device, ImmutableArray<byte> token);

    /// <summary>Queues the operations of one batch and answers when all their outcomes are durable.</summary>
    [Alias("push"), AlwaysInterleave]
    Task<PushReply> PushAsync(PushBatch batch);

    /// <summary>Queues a write of server code and answers when its outcomes are durable.</summary>
    [Alias("write"), AlwaysInterleave]
    Task<PushReply> WriteAsync(WriteRequest write);

    /// <summary>
    /// Registers a gateway's observer, or renews its lease (one minute). The answer also tells who gives it: a push that
    /// another activation was asked for is lost with that one.
    /// </summary>
    [Alias("subscribe"), AlwaysInterleave, ResponseTimeout("00:00:03")]
    Task<Subscription> SubscribeAsync(IScopeObserver observer);

    [Alias("unsubscribe"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task UnsubscribeAsync(IScopeObserver observer);

    [Alias("list-devices"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<ImmutableArray<DeviceInfo>> ListDevicesAsync();

    /// <summary>
    /// Renews the lease of a gateway's observer, and tells whose streams must end. The gateway tells how far the devices have come whose streams are
    /// open there; kept in memory: who lists the devices is told what was heard last.
    /// </summary>
    [Alias("renew"), AlwaysInterleave, ResponseTimeout("00:00:03")]
    Task<Renewal> RenewAsync(IScopeObserver observer, ImmutableArray<DevicePosition> positions);

    /// <summary>False: the user has no such device.</summary>
    [Alias("revoke-device"), ResponseTimeout("00:00:05")]
    Task<bool> RevokeDeviceAsync(DeviceId device);
}

[GenerateSerializer, Immutable, Alias("orleanssync.connect-reply")]
public readonly record struct ConnectReply(
    [property: Id(0)] SessionStatus Status,
    // As in a subscription.
    [property: Id(1)] Guid Activation);

[GenerateSerializer, Immutable, Alias("orleanssync.subscription")]
public readonly record struct Subscription(
    // The committed head. Whatever is committed after it, the observer is told of.
    [property: Id(0)] long Head,
    // The activation that answers; each has its own.
    [property: Id(1)] Guid Activation);

[GenerateSerializer, Immutable, Alias("orleanssync.renewal")]
public readonly record struct Renewal(
    // As in a subscription.
    [property: Id(0)] long Head,
    [property: Id(1)] Guid Activation,
    // The devices that are revoked.
    [property: Id(2)] ImmutableArray<DeviceId> Revoked);

/// <summary>Told of each commit of a scope. A hint: it may come late, twice, or not at all.</summary>
[Alias("orleanssync.scope-observer"), GrainInterfaceType("orleanssync.scope-observer")]
public interface IScopeObserver : IGrainObserver
{
    [Alias("on-commit"), OneWay]
    Task OnCommitAsync(CommitNotice notice);

    /// <summary>The device's streams must end.</summary>
    [Alias("on-revoked"), OneWay]
    Task OnRevokedAsync(DeviceId device);
}
