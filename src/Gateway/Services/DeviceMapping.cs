using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Services;

/// <summary>Devices as their owner sees them.</summary>
internal static class DeviceMapping
{
    public static Device ToWire(DeviceInfo device) => new()
    {
        DeviceId = WireIds.ToWire(device.Device),
        Profile = new() { Name = device.Profile.Name, Platform = device.Profile.Platform, AppVersion = device.Profile.AppVersion },
        Status = new()
        {
            QueueDepth = device.Status.QueueDepth,
            OldestPendingSeconds = device.Status.OldestPendingSeconds,
            DeadLetters = device.Status.DeadLetters,
        },
        RegisteredAt = device.RegisteredAt,
        LastSeenAt = device.LastSeenAt,
        Revoked = device.Revoked,
    };
}
