using System.Collections.Immutable;
using OrleansSync.Conflicts;
using OrleansSync.Core;
using OrleansSync.Grains.Retention;

namespace OrleansSync.Silo;

/// <summary>How a silo of OrleansSync is composed. Checked at start; all faults are reported at once.</summary>
public sealed record SyncSiloOptions
{
    /// <summary>Where the silo keeps its data.</summary>
    public required SiloStorage Storage { get; init; }

    /// <summary>The entity types and their rules. <see cref="SyncSchema.Open"/>: every type, merged field by field.</summary>
    public SyncSchema Schema { get; init; } = SyncSchema.Open;

    public Limits Limits { get; init; } = Limits.Default;

    /// <summary>A resolver for each type whose policy is <see cref="ConflictPolicy.Custom"/>.</summary>
    public IReadOnlyDictionary<string, IConflictResolver> Resolvers { get; init; } = ImmutableDictionary<string, IConflictResolver>.Empty;

    /// <summary>How long tombstones and the journal are kept.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>The clock of retries, leases and deletion times. No order depends on it.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a caller waits for a grain before the outcome counts as unknown. 5 s to 5 min; 30 s.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls that may wait at one grain; past it they are refused. At least 100; 10,000.</summary>
    public int MaxWaitingCalls { get; init; } = 10_000;

    /// <summary>Devices a user may have that are not revoked. At least 1; 256.</summary>
    public int MaxDevices { get; init; } = 256;
}
