using OrleansSync.Core;

namespace OrleansSync.Silo.Configuration;

/// <summary>A limit that can be configured, and what the server can keep.</summary>
internal sealed record LimitSetting(string Name, long Min, long Max, Func<Limits, long> Get, Func<Limits, long, Limits> With);

/// <summary>
/// The limits by name. The forms (names, entity ids) are missing on purpose: databases and keys rest on them. The upper
/// bounds keep every message below gRPC's 4 MiB, which clients apply too.
/// </summary>
internal static class LimitSettings
{
    private const int Kilobyte = 1024;
    private const int Megabyte = 1024 * 1024;

    public static IReadOnlyList<LimitSetting> All { get; } =
    [
        new(nameof(Limits.BatchOperations), 1, 5_000, static l => l.BatchOperations, static (l, v) => l with { BatchOperations = (int)v }),
        new(nameof(Limits.BatchBytes), Kilobyte, 3 * Megabyte, static l => l.BatchBytes, static (l, v) => l with { BatchBytes = (int)v }),
        new(nameof(Limits.TransactionOperations), 1, 5_000,
            static l => l.TransactionOperations, static (l, v) => l with { TransactionOperations = (int)v }),
        new(nameof(Limits.TransactionBytes), Kilobyte, 3 * Megabyte,
            static l => l.TransactionBytes, static (l, v) => l with { TransactionBytes = (int)v }),
        new(nameof(Limits.BatchesInFlight), 1, 64, static l => l.BatchesInFlight, static (l, v) => l with { BatchesInFlight = (int)v }),
        new(nameof(Limits.QueueOperations), 1, 1_000_000,
            static l => l.QueueOperations, static (l, v) => l with { QueueOperations = (int)v }),
        new(nameof(Limits.QueueBytes), Kilobyte, 1_024 * Megabyte,
            static l => l.QueueBytes, static (l, v) => l with { QueueBytes = (int)v }),
        new(nameof(Limits.RoundOperations), 1, 5_000, static l => l.RoundOperations, static (l, v) => l with { RoundOperations = (int)v }),
        new(nameof(Limits.ValueBytes), 1, Megabyte, static l => l.ValueBytes, static (l, v) => l with { ValueBytes = (int)v }),
        new(nameof(Limits.DocumentBytes), 1, Megabyte, static l => l.DocumentBytes, static (l, v) => l with { DocumentBytes = (int)v }),
        new(nameof(Limits.DocumentFields), 1, 4_096, static l => l.DocumentFields, static (l, v) => l with { DocumentFields = (int)v }),
        new(nameof(Limits.Nesting), 1, JsonRules.MaxNesting, static l => l.Nesting, static (l, v) => l with { Nesting = (int)v }),
        new(nameof(Limits.PageRows), 1, 10_000, static l => l.PageRows, static (l, v) => l with { PageRows = (int)v }),
        new(nameof(Limits.PageBytes), Kilobyte, Megabyte, static l => l.PageBytes, static (l, v) => l with { PageBytes = (int)v }),
        new(nameof(Limits.NoticeRows), 1, 1_000, static l => l.NoticeRows, static (l, v) => l with { NoticeRows = (int)v }),
        new(nameof(Limits.NoticeBytes), Kilobyte, Megabyte, static l => l.NoticeBytes, static (l, v) => l with { NoticeBytes = (int)v }),
        new(nameof(Limits.ClockAhead), 1_000, 1L << 40, static l => l.ClockAhead, static (l, v) => l with { ClockAhead = v }),
    ];

    /// <summary>Limits outside what the server can keep, whoever set them.</summary>
    public static void Check(Limits limits, string key, Faults faults)
    {
        foreach (var setting in All)
        {
            var value = setting.Get(limits);
            if (value < setting.Min || value > setting.Max)
            {
                faults.Add($"{key}:{setting.Name}", value.ToString(), $"choose {setting.Min} to {setting.Max}.");
            }
        }
    }
}
