using OrleansSync.Bench.Load.Processes;

namespace OrleansSync.Bench.Load.Systems;

/// <summary>A backend of OrleansSync that runs: one silo and one gateway on PostgreSQL, or the embedded server.</summary>
internal sealed class Product(IAsyncDisposable backend, Uri address, IReadOnlyList<MeasuredProcess> processes) : IAsyncDisposable
{
    /// <summary>The process that devices are connected to; embedded, the whole server.</summary>
    public const string GatewayName = "gateway";

    /// <summary>Of the configuration's section OrleansSync.</summary>
    public static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Entities:notes:Policy"] = "FieldMerge",
        ["Entities:counters:Fields:count"] = "Counter",
    };

    public Uri Address => address;

    public IReadOnlyList<MeasuredProcess> Processes => processes;

    public MeasuredProcess Gateway => processes.Single(static process => process.Name == GatewayName);

    public ValueTask DisposeAsync() => backend.DisposeAsync();
}
