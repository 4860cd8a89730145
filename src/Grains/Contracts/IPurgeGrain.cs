namespace OrleansSync.Grains.Contracts;

/// <summary>One in the cluster, with key 0: its reminder has what is too old removed from all scopes.</summary>
[Alias("orleanssync.purge"), GrainInterfaceType("orleanssync.purge")]
public interface IPurgeGrain : IGrainWithIntegerKey
{
    /// <summary>Sees to it that the reminder comes. Every silo asks as it starts.</summary>
    [Alias("schedule")]
    Task ScheduleAsync();

    /// <summary>Makes a pass now, or awaits the one under way. A caller that waits no longer does not end it.</summary>
    /// <exception cref="Storage.StoreUnavailableException">The store does not answer.</exception>
    [Alias("run"), ResponseTimeout("00:10:00")]
    Task<PurgeReport> RunAsync();
}

/// <summary>What a pass has found and removed.</summary>
[GenerateSerializer, Immutable, Alias("orleanssync.purge-report")]
public readonly record struct PurgeReport(
    [property: Id(0)] long Scopes,
    [property: Id(1)] long Tombstones,
    [property: Id(2)] long Operations,
    [property: Id(3)] long TombstonesLeft,
    [property: Id(4)] long DeadLetters = 0,
    [property: Id(5)] long Conflicts = 0);
