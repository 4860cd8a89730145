namespace OrleansSync.Client.Sync;

/// <summary>The times of the scheduler; see <see cref="SyncStoreOptions"/>.</summary>
internal sealed record SchedulerSettings(
    bool AutoSync, TimeSpan Debounce, TimeSpan MaxDebounce, TimeSpan SavingDebounce, TimeSpan MinBackoff, TimeSpan MaxBackoff, TimeSpan Periodic)
{
    public static SchedulerSettings From(SyncStoreOptions options) => new(
        options.AutoSync, options.Debounce, options.MaxDebounce, options.SavingDebounce, options.MinBackoff, options.MaxBackoff, options.Periodic);
}
