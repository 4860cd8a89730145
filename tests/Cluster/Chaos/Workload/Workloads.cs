using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>Everything that devices do.</summary>
internal static class Workloads
{
    public static IReadOnlyList<WorkloadKind> All { get; } =
    [
        new Registers(), new Counters(), new Lives(), new Visits(), new Transfers(), new Labels(), new Letters(), new Payments(), new Contracts(),
    ];

    /// <summary>For the devices, before they have met a server.</summary>
    public static SyncSchema Schema { get; } = new(All.Select(static kind => kind.Schema));

    /// <summary>The same rules as keys of the server's configuration.</summary>
    public static Dictionary<string, string> ServerSettings()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var schema in All.Select(static kind => kind.Schema))
        {
            settings[$"Entities:{schema.Type}:Policy"] = schema.Policy.ToString();
            settings[$"Entities:{schema.Type}:OnDelete"] = schema.OnDelete.ToString();
            foreach (var (field, kind) in schema.Fields) settings[$"Entities:{schema.Type}:Fields:{field}"] = kind.ToString();
        }

        return settings;
    }

    /// <summary>The kind whose type it is. What settles conflicts is part of the kind that has them.</summary>
    public static WorkloadKind Of(string type) => type == ParkedOperation.Type
        ? All.Single(static kind => kind.Schema.Policy == ConflictPolicy.Manual)
        : All.Single(kind => kind.Schema.Type == type);

    /// <param name="random">Of the device.</param>
    /// <param name="purges">Tombstones go within the run: nobody could say any more which life of an entity an operation was about.</param>
    public static WorkloadKind Pick(Random random, bool purges)
    {
        WorkloadKind[] kinds = [.. All.Where(kind => !purges || kind.LivesOnce)];
        var drawn = random.Next(kinds.Sum(static kind => kind.Weight));
        foreach (var kind in kinds)
        {
            drawn -= kind.Weight;
            if (drawn < 0) return kind;
        }

        return kinds[^1];
    }
}
