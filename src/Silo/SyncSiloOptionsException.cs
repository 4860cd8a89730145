using OrleansSync.Core;

namespace OrleansSync.Silo;

/// <summary>The silo cannot start as it is configured. The message lists every fault: key, value, remedy.</summary>
public sealed class SyncSiloOptionsException : Exception
{
    private SyncSiloOptionsException(IReadOnlyList<string> faults)
        : base(string.Join($"{Environment.NewLine}  - ", faults.Prepend("OrleansSync cannot start as configured:"))) => Faults = faults;

    /// <summary>One line a fault.</summary>
    public IReadOnlyList<string> Faults { get; }

    internal static void ThrowIfFaulty(SyncSiloOptions options)
    {
        List<string> faults = [.. OptionFaults(options), .. SchemaFaults(options.Schema)];
        if (faults.Count > 0) throw new SyncSiloOptionsException(faults);
    }

    internal static IEnumerable<string> SchemaFaults(SyncSchema schema) => schema.Types.Values.SelectMany(TypeFaults);

    private static IEnumerable<string> OptionFaults(SyncSiloOptions options)
    {
        if (options.Storage is SiloStorage.SqliteFiles { Folder: var folder } && string.IsNullOrWhiteSpace(folder))
        {
            yield return $"Storage = Sqlite(\"{folder}\"): name the folder of the data files.";
        }

        if (options.ResponseTimeout < TimeSpan.FromSeconds(5) || options.ResponseTimeout > TimeSpan.FromMinutes(5))
        {
            yield return $"ResponseTimeout = {options.ResponseTimeout}: choose 5 seconds to 5 minutes.";
        }

        foreach (var type in options.Schema.Types.Values)
        {
            if (type is { Policy: ConflictPolicy.Custom, ResolverVersion: > 0 } && !options.Resolvers.ContainsKey(type.Type))
            {
                yield return $"Entities.{type.Type}.Policy = {type.Policy}: this silo has no resolver for it; "
                    + $"declare sync.Entity(\"{type.Type}\").ResolveWith<T>({type.ResolverVersion}) in code.";
            }
        }

        if (options.MaxWaitingCalls < 100) yield return $"MaxWaitingCalls = {options.MaxWaitingCalls}: choose at least 100.";
        if (options.MaxDevices < 1) yield return $"MaxDevices = {options.MaxDevices}: choose at least 1.";
        foreach (var (name, value, min, max) in options.Retention.OutOfBounds()) yield return $"Retention.{name} = {value}: choose {min} to {max}.";
        foreach (var (key, value) in PositiveLimits(options.Limits))
        {
            if (value < 1) yield return $"Limits.{key} = {value}: choose at least 1.";
        }

        // A batch that can never be queued would be refused as overload for ever.
        var limits = options.Limits;
        var operations = Math.Max(limits.TransactionOperations, limits.BatchOperations);
        var bytes = Math.Max(limits.TransactionBytes, limits.BatchBytes);
        if (limits.QueueOperations > 0 && limits.QueueOperations < operations)
        {
            yield return $"Limits.QueueOperations = {limits.QueueOperations}: choose at least {operations}, the largest batch.";
        }

        if (limits.QueueBytes > 0 && limits.QueueBytes < bytes)
        {
            yield return $"Limits.QueueBytes = {limits.QueueBytes}: choose at least {bytes}, the largest batch.";
        }
    }

    private static IEnumerable<string> TypeFaults(EntitySchema type)
    {
        if (type is { Policy: ConflictPolicy.Custom, ResolverVersion: < 1 })
        {
            yield return $"Entities.{type.Type}.Policy = {type.Policy}: give it a resolver and its version: "
                + $"sync.Entity(\"{type.Type}\").ResolveWith<T>(version) in the silo's code, ResolverVersion in a gateway's configuration.";
        }
    }

    private static IEnumerable<(string Key, long Value)> PositiveLimits(Limits limits) =>
    [
        (nameof(Limits.BatchOperations), limits.BatchOperations),
        (nameof(Limits.BatchBytes), limits.BatchBytes),
        (nameof(Limits.TransactionOperations), limits.TransactionOperations),
        (nameof(Limits.TransactionBytes), limits.TransactionBytes),
        (nameof(Limits.BatchesInFlight), limits.BatchesInFlight),
        (nameof(Limits.QueueOperations), limits.QueueOperations),
        (nameof(Limits.QueueBytes), limits.QueueBytes),
        (nameof(Limits.RoundOperations), limits.RoundOperations),
        (nameof(Limits.ValueBytes), limits.ValueBytes),
        (nameof(Limits.DocumentBytes), limits.DocumentBytes),
        (nameof(Limits.DocumentFields), limits.DocumentFields),
        (nameof(Limits.Nesting), limits.Nesting),
        (nameof(Limits.PageRows), limits.PageRows),
        (nameof(Limits.PageBytes), limits.PageBytes),
        (nameof(Limits.ClockAhead), limits.ClockAhead),
    ];
}
