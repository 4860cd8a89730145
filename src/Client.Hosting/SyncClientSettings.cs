namespace OrleansSync.Client.Hosting;

/// <summary>
/// What a section of the configuration, or code, says of the host's store: the values of <see cref="SyncStoreOptions"/> under the same
/// names, with the same defaults and limits. All else is said to the <see cref="SyncClientBuilder"/>.
/// </summary>
public sealed class SyncClientSettings
{
    private static readonly SyncStoreOptions Defaults = new() { DatabasePath = "" };

    /// <inheritdoc cref="SyncStoreOptions.DatabasePath"/>
    /// <remarks>Needed. A relative one begins at the host's content root.</remarks>
    public string DatabasePath { get; set; } = Defaults.DatabasePath;

    /// <inheritdoc cref="SyncStoreOptions.Gateway"/>
    public Uri? Gateway { get; set; } = Defaults.Gateway;

    /// <inheritdoc cref="SyncStoreOptions.DeviceName"/>
    public string DeviceName { get; set; } = Defaults.DeviceName;

    /// <inheritdoc cref="SyncStoreOptions.AppVersion"/>
    public string AppVersion { get; set; } = Defaults.AppVersion;

    /// <inheritdoc cref="SyncStoreOptions.Durability"/>
    public LocalDurability Durability { get; set; } = Defaults.Durability;

    /// <inheritdoc cref="SyncStoreOptions.AutoSync"/>
    public bool AutoSync { get; set; } = Defaults.AutoSync;

    /// <inheritdoc cref="SyncStoreOptions.StartsPaused"/>
    public bool StartsPaused { get; set; } = Defaults.StartsPaused;

    /// <inheritdoc cref="SyncStoreOptions.Debounce"/>
    public TimeSpan Debounce { get; set; } = Defaults.Debounce;

    /// <inheritdoc cref="SyncStoreOptions.MaxDebounce"/>
    public TimeSpan MaxDebounce { get; set; } = Defaults.MaxDebounce;

    /// <inheritdoc cref="SyncStoreOptions.SavingDebounce"/>
    public TimeSpan SavingDebounce { get; set; } = Defaults.SavingDebounce;

    /// <inheritdoc cref="SyncStoreOptions.MinBackoff"/>
    public TimeSpan MinBackoff { get; set; } = Defaults.MinBackoff;

    /// <inheritdoc cref="SyncStoreOptions.MaxBackoff"/>
    public TimeSpan MaxBackoff { get; set; } = Defaults.MaxBackoff;

    /// <inheritdoc cref="SyncStoreOptions.Periodic"/>
    public TimeSpan Periodic { get; set; } = Defaults.Periodic;

    /// <inheritdoc cref="SyncStoreOptions.ReconcilePeriod"/>
    public TimeSpan ReconcilePeriod { get; set; } = Defaults.ReconcilePeriod;

    /// <inheritdoc cref="SyncStoreOptions.CallTimeout"/>
    public TimeSpan CallTimeout { get; set; } = Defaults.CallTimeout;

    /// <inheritdoc cref="SyncStoreOptions.MaxAnsweredFailures"/>
    public int MaxAnsweredFailures { get; set; } = Defaults.MaxAnsweredFailures;

    /// <inheritdoc cref="SyncStoreOptions.KeptOperations"/>
    public int KeptOperations { get; set; } = Defaults.KeptOperations;

    /// <inheritdoc cref="SyncStoreOptions.KeptBytes"/>
    public long KeptBytes { get; set; } = Defaults.KeptBytes;

    /// <inheritdoc cref="SyncStoreOptions.KeptFor"/>
    public TimeSpan KeptFor { get; set; } = Defaults.KeptFor;

    internal SyncStoreOptions ToOptions() => new()
    {
        DatabasePath = DatabasePath,
        Gateway = Gateway,
        DeviceName = DeviceName,
        AppVersion = AppVersion,
        Durability = Durability,
        AutoSync = AutoSync,
        StartsPaused = StartsPaused,
        Debounce = Debounce,
        MaxDebounce = MaxDebounce,
        SavingDebounce = SavingDebounce,
        MinBackoff = MinBackoff,
        MaxBackoff = MaxBackoff,
        Periodic = Periodic,
        ReconcilePeriod = ReconcilePeriod,
        CallTimeout = CallTimeout,
        MaxAnsweredFailures = MaxAnsweredFailures,
        KeptOperations = KeptOperations,
        KeptBytes = KeptBytes,
        KeptFor = KeptFor,
    };
}
