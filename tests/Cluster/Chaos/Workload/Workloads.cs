using OrleansSync.Core;

namespace OrleansSync.Chaos.Workload;

/// <summary>Everything that devices do.</summary>
internal static class Workloads
{
    public static IReadOnlyList<WorkloadKind> All { get; } =
    [
        new Registers(), new Counters(), new Lives(), new Transfers(), new Labels(), new Payments(),
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

    /// <summary>The kind whose type it is.</summary>
    public static WorkloadKind Of(string type) => All.Single(kind => kind.Schema.Type == type);

    public static WorkloadKind Pick(Random random)
    {
        var drawn = random.Next(All.Sum(static kind => kind.Weight));
        foreach (var kind in All)
        {
            drawn -= kind.Weight;
            if (drawn < 0) return kind;
        }

        return All[^1];
    }
}
