using OrleansSync.Core;

namespace OrleansSync.Grains.Contracts;

/// <summary>A device's profile and what it last reported; keyed by DeviceGrainKey. Low-rate, in grain storage.</summary>
[Alias("orleanssync.device"), GrainInterfaceType("orleanssync.device")]
public interface IDeviceGrain : IGrainWithStringKey
{
    [Alias("report")]
    Task ReportAsync(DeviceProfile? profile, DeviceStatus status, long seenAt);

    /// <summary>A stream of the device has ended.</summary>
    [Alias("reached")]
    Task ReachedAsync(DevicePosition position);

    [Alias("get")]
    Task<DeviceReport> GetAsync();
}

[GenerateSerializer, Immutable, Alias("orleanssync.device-report")]
public sealed record DeviceReport(
    [property: Id(0)] DeviceProfile Profile,
    [property: Id(1)] DeviceStatus Status,
    [property: Id(2)] long LastSeenAt,
    // Null: no stream of it has ended yet.
    [property: Id(3)] DevicePosition? Position = null);
