using System.Text.Json.Serialization;

namespace OrleansSync.Grains.Devices;

/// <summary>What grain storage keeps of a device.</summary>
[GenerateSerializer, Alias("orleanssync.device-state")]
public sealed class DeviceState
{
    [Id(0)]
    public string Name { get; set; } = "";

    [Id(1)]
    public string Platform { get; set; } = "";

    [Id(2)]
    public string AppVersion { get; set; } = "";

    [Id(3)]
    public int QueueDepth { get; set; }

    [Id(4)]
    public long OldestPendingSeconds { get; set; }

    [Id(5)]
    public int DeadLetters { get; set; }

    /// <summary>Milliseconds since 1970 UTC.</summary>
    [Id(6)]
    public long LastSeenAt { get; set; }

    // A position is left out where there is none: what an earlier version has stored keeps its bytes.

    /// <summary>Of the position; empty: there is none.</summary>
    [Id(7), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Guid Lineage { get; set; }

    [Id(8), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Held { get; set; }

    [Id(9), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Sent { get; set; }

    /// <summary>Milliseconds since 1970 UTC.</summary>
    [Id(10), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long PositionAt { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeviceState))]
internal sealed partial class DeviceStateJson : JsonSerializerContext;
