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
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeviceState))]
internal sealed partial class DeviceStateJson : JsonSerializerContext;
