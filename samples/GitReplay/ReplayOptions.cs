using OrleansSync.Backends;

namespace OrleansSync.Samples.GitReplay;

/// <summary>What to replay and how; <see cref="ReplayCommand"/> describes each.</summary>
internal sealed record ReplayOptions
{
    /// <summary>The repository, or where a generated one goes; <c>null</c>: a temporary folder.</summary>
    public string? Repository { get; init; }

    /// <summary>Commits to generate; <c>null</c>: the repository is there.</summary>
    public int? Generate { get; init; }

    public int Devices { get; init; } = 4;

    /// <summary>Share of commits written while the device is offline, 0 to 1.</summary>
    public double Offline { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>What the backend keeps its data in, and so whether it is one process or a cluster.</summary>
    public BackendStore Store { get; init; } = BackendStore.Sqlite;

    /// <summary>A gateway that runs; <c>null</c>: start a backend.</summary>
    public Uri? Gateway { get; init; }

    /// <summary>How often the backend is killed during the replay.</summary>
    public int KillServer { get; init; }

    public bool Keep { get; init; }

    /// <summary>The git executable.</summary>
    public string Git { get; init; } = "git";

    /// <summary>What cannot be, each with its remedy.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (Repository is null && Generate is null) faults.Add("Name a repository with --repo, or make one with --generate.");
        if (Generate < 1) faults.Add("--generate needs at least 1 commit.");
        if (Devices is < 1 or > 64) faults.Add("--devices is 1 to 64.");
        if (Offline is not (>= 0 and <= 1)) faults.Add("--offline is a share from 0 to 1.");
        if (KillServer < 0) faults.Add("--kill-server is 0 or more.");
        if (KillServer > 0 && Gateway is not null)
            faults.Add("--kill-server is for the backend that this command starts: leave --gateway out.");
        if (Store != BackendStore.Sqlite && Gateway is not null)
            faults.Add("--store is for the backend that this command starts: leave --gateway out.");
        return faults;
    }
}
