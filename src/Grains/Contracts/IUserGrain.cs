using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts;

/// <summary>One per user; keyed by the user id. Owns the change log of the user's scope.</summary>
/// <exception cref="Storage.StoreUnavailableException">
/// Any method but a push, which has a status for it: the store does not answer; calling again is safe.
/// </exception>
[Alias("orleanssync.user"), GrainInterfaceType("orleanssync.user")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>A device's handshake: registers it or rotates its session token.</summary>
    [Alias("open-session")]
    Task<SessionReply> OpenSessionAsync(SessionRequest request);

    /// <summary>Whether the token is the device's; proves a pending one. Called when a stream opens.</summary>
    [Alias("verify-session")]
    Task<SessionStatus> VerifySessionAsync(DeviceId device, ImmutableArray<byte> token);

    /// <summary>Queues the operations of one batch and answers when all their outcomes are durable.</summary>
    [Alias("push"), AlwaysInterleave]
    Task<PushReply> PushAsync(PushBatch batch);

    /// <summary>Registers a gateway's observer, or renews its lease (one minute); answers the committed head.</summary>
    [Alias("subscribe"), AlwaysInterleave]
    Task<long> SubscribeAsync(IScopeObserver observer);

    [Alias("unsubscribe"), AlwaysInterleave]
    Task UnsubscribeAsync(IScopeObserver observer);

    [Alias("list-devices"), AlwaysInterleave]
    Task<ImmutableArray<DeviceInfo>> ListDevicesAsync();

    /// <summary>False: the user has no such device.</summary>
    [Alias("revoke-device")]
    Task<bool> RevokeDeviceAsync(DeviceId device);
}

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
