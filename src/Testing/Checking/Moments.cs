using OrleansSync.Client.Sync;

namespace OrleansSync.Testing.Checking;

/// <summary>Waits for a device by what it says of itself, not by the clock.</summary>
internal static class Moments
{
    /// <summary>Nothing is under way.</summary>
    public static Task UntilAtRestAsync(this SyncEngine syncing) => UntilAsync(syncing, static moment => moment.AtRest);

    /// <summary>It has noticed that its session broke.</summary>
    public static Task UntilWithoutSessionAsync(this SyncEngine syncing) => UntilAsync(syncing, static moment => !moment.HasSession);

    private static async Task UntilAsync(SyncEngine syncing, Func<SyncMoment, bool> reached)
    {
        while (syncing.Observe() is var moment && !reached(moment)) await moment.Changed;
    }
}
