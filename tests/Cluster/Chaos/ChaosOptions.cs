namespace OrleansSync.Chaos;

/// <summary>Where the server keeps its data.</summary>
internal enum ChaosStore
{
    /// <summary>The embedded server: one process.</summary>
    Sqlite,

    /// <summary>Silos and gateways on PostgreSQL.</summary>
    Postgres,
}

/// <summary>What a run is like.</summary>
internal sealed record ChaosOptions
{
    public required ChaosStore Store { get; init; }

    public required int Seconds { get; init; }

    public required int Seed { get; init; }

    public int Devices { get; init; } = 16;

    /// <summary>The devices are spread over so many users.</summary>
    public int Users { get; init; } = 4;

    /// <summary>Device processes; a kill takes the devices of one down together, each of another user.</summary>
    public int Processes { get; init; } = 4;

    public int Silos { get; init; } = 3;

    public int Gateways { get; init; } = 2;

    /// <summary>Above 0: so many processes that are silo and gateway both, instead of those.</summary>
    public int Nodes { get; init; }

    /// <summary>Milliseconds between what a device does, on average.</summary>
    public int Pause { get; init; } = 250;

    /// <summary>How long all devices may take to become quiet once everything is healed.</summary>
    public TimeSpan QuietWithin { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Tombstones are purged after seconds, so that devices resynchronise; no entity is made again.</summary>
    public bool Purge { get; init; }

    /// <summary>Where a summary goes as JSON.</summary>
    public string? Json { get; init; }

    /// <summary>Keeps the folder of a run that found nothing, too.</summary>
    public bool Keep { get; init; }
}
