using OrleansSync.Core;
using OrleansSync.Grains.Retention;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains;

/// <summary>What every grain of a silo works by.</summary>
public sealed record GrainSettings
{
    /// <summary>Name of the grain storage that keeps device profiles.</summary>
    public const string StorageName = "orleanssync";

    public required SyncSchema Schema { get; init; }

    public required ChangeLogOptions ChangeLog { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public RetentionOptions Retention { get; init; } = new();

    /// <summary>Devices a user may have that are not revoked.</summary>
    public int MaxDevices { get; init; } = 256;

    /// <summary>How long a watching gateway is told of commits after its last subscription.</summary>
    public TimeSpan ObserverLease { get; init; } = TimeSpan.FromMinutes(1);

    public Limits Limits => ChangeLog.Limits;
}
