using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts;

[GenerateSerializer, Immutable, Alias("orleanssync.session-request")]
public sealed record SessionRequest(
    [property: Id(0)] DeviceId Device,
    // Empty: the device has none yet.
    [property: Id(1)] ImmutableArray<byte> Token,
    [property: Id(2)] long DoneBelow,
    [property: Id(3)] DeviceProfile Profile,
    [property: Id(4)] DeviceStatus Status,
    // The lineage that the outcomes below DoneBelow are of, and the highest commit that the device knows of it; empty: none.
    [property: Id(5)] Guid Lineage = default,
    [property: Id(6)] long Known = 0);

[GenerateSerializer, Alias("orleanssync.session-status")]
public enum SessionStatus
{
    Valid = 1,

    /// <summary>The token is not one the device can hold: its database was copied, and the other copy went on.</summary>
    Cloned = 2,
    Revoked = 3,

    /// <summary>No handshake has registered the device.</summary>
    Unknown = 4,

    /// <summary>The user has as many devices as are allowed.</summary>
    TooManyDevices = 5,
}

[GenerateSerializer, Immutable, Alias("orleanssync.session-reply")]
public sealed record SessionReply(
    [property: Id(0)] SessionStatus Status,
    // The new token; empty unless Valid.
    [property: Id(1)] ImmutableArray<byte> Token,
    [property: Id(2)] long Clock,
    [property: Id(3)] Guid Lineage,
    [property: Id(4)] long Head,
    [property: Id(5)] long Horizon,
    // What the last restore has lost, see SequenceGap; 0 and 0: nothing.
    [property: Id(6)] long LostAfter = 0,
    [property: Id(7)] long LostThrough = 0);

[GenerateSerializer, Immutable, Alias("orleanssync.device-profile")]
public sealed record DeviceProfile([property: Id(0)] string Name, [property: Id(1)] string Platform, [property: Id(2)] string AppVersion)
{
    public static DeviceProfile Empty { get; } = new("", "", "");
}

[GenerateSerializer, Immutable, Alias("orleanssync.device-status")]
public sealed record DeviceStatus(
    [property: Id(0)] int QueueDepth, [property: Id(1)] long OldestPendingSeconds, [property: Id(2)] int DeadLetters)
{
    public static DeviceStatus Empty { get; } = new(0, 0, 0);
}

/// <summary>How far a device has come, as a gateway has seen it.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.device-position")]
public sealed record DevicePosition(
    [property: Id(0)] DeviceId Device,
    [property: Id(1)] Guid Lineage,
    // The cursor that the device presented: all up to it is on its disk.
    [property: Id(2)] long Held,
    // All up to it was written to one of its streams; whether it has arrived, its next cursor tells.
    [property: Id(3)] long Sent,
    // When it was seen; milliseconds since 1970 UTC.
    [property: Id(4)] long At)
{
    /// <summary>The further one; of two lineages, the later.</summary>
    public static DevicePosition? Further(DevicePosition? one, DevicePosition? other)
    {
        if (one is null || other is null) return one ?? other;
        var (earlier, later) = one.At <= other.At ? (one, other) : (other, one);
        if (earlier.Lineage != later.Lineage) return later;
        return later with { Held = Math.Max(earlier.Held, later.Held), Sent = Math.Max(earlier.Sent, later.Sent) };
    }
}

[GenerateSerializer, Immutable, Alias("orleanssync.device-info")]
public sealed record DeviceInfo(
    [property: Id(0)] DeviceId Device,
    [property: Id(1)] DeviceProfile Profile,
    [property: Id(2)] DeviceStatus Status,
    [property: Id(3)] long RegisteredAt,
    [property: Id(4)] long LastSeenAt,
    [property: Id(5)] bool Revoked,
    // How far it has come, as of what was heard last; null: unknown.
    [property: Id(6)] DevicePosition? Position = null);
