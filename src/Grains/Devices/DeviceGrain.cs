using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Metrics;

namespace OrleansSync.Grains.Devices;

/// <summary>A device's profile and last report. Nothing here is needed to sync, so it lives in plain grain storage.</summary>
[GrainType("orleanssync.device")]
public sealed class DeviceGrain(
    [PersistentState("orleanssync.device", GrainSettings.StorageName)] IPersistentState<DeviceState> state,
    ServerMetrics metrics) : Grain, IDeviceGrain
{
    public async Task ReportAsync(DeviceProfile? profile, DeviceStatus status, long seenAt)
    {
        var kept = state.State;
        if (profile is not null) (kept.Name, kept.Platform, kept.AppVersion) = (profile.Name, profile.Platform, profile.AppVersion);
        kept.QueueDepth = status.QueueDepth;
        kept.OldestPendingSeconds = status.OldestPendingSeconds;
        kept.DeadLetters = status.DeadLetters;
        kept.LastSeenAt = Math.Max(kept.LastSeenAt, seenAt);
        metrics.Reported(status);
        await state.WriteStateAsync();
        // The next report may be hours away, and a connected device costs memory enough.
        DeactivateOnIdle();
    }

    public async Task ReachedAsync(DevicePosition position)
    {
        var kept = state.State;
        var further = DevicePosition.Further(PositionOf(kept, position.Device), position)!;
        (kept.Lineage, kept.Held, kept.Sent, kept.PositionAt) = (further.Lineage, further.Held, further.Sent, further.At);
        await state.WriteStateAsync();
        DeactivateOnIdle();
    }

    public Task<DeviceReport> GetAsync()
    {
        var kept = state.State;
        return Task.FromResult(new DeviceReport(
            new(kept.Name, kept.Platform, kept.AppVersion),
            new(kept.QueueDepth, kept.OldestPendingSeconds, kept.DeadLetters),
            kept.LastSeenAt,
            PositionOf(kept, DeviceGrainKey.DeviceOf(this.GetPrimaryKeyString()))));
    }

    private static DevicePosition? PositionOf(DeviceState kept, DeviceId device) =>
        kept.Lineage == Guid.Empty ? null : new(device, kept.Lineage, kept.Held, kept.Sent, kept.PositionAt);
}
