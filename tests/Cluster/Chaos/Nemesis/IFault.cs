namespace OrleansSync.Chaos.Nemesis;

/// <summary>A kind of fault: injects one and heals it.</summary>
internal interface IFault
{
    /// <summary>What people call it, for the count.</summary>
    string Name { get; }

    /// <summary>How often it is chosen, compared with the others; 0 where the world has nothing of the kind.</summary>
    int WeightIn(World world);

    /// <summary>
    /// Injects it, waits as long as it lasts, heals it. Calls <paramref name="injected"/> at the moment it is really there:
    /// a fault that found nothing to hit is not counted.
    /// </summary>
    /// <param name="world">What there is to hit.</param>
    /// <param name="random">For all choices.</param>
    /// <param name="injected">Counts it.</param>
    /// <param name="heal">Cancelled: heal now. Never a reason not to heal.</param>
    Task InjectAsync(World world, Random random, Action injected, CancellationToken heal);
}

/// <summary>How faults wait.</summary>
internal static class FaultTime
{
    /// <summary>Returns after the time, or when it is to heal.</summary>
    public static Task LastAsync(TimeSpan time, CancellationToken heal) =>
        Task.Delay(time, heal).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
}
