using System.Text.Json;
using Orleans.Storage;

namespace OrleansSync.Grains.Devices;

/// <summary>The stored form of device states: a version byte, then JSON.</summary>
public sealed class DeviceStateSerializer : IGrainStorageSerializer
{
    private const byte FormatVersion = 1;

    public BinaryData Serialize<T>(T? input)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(input, typeof(T), DeviceStateJson.Default);
        return BinaryData.FromBytes([FormatVersion, .. json]);
    }

    public T Deserialize<T>(BinaryData input)
    {
        var stored = input.ToMemory().Span;
        if (stored.IsEmpty || stored[0] != FormatVersion)
        {
            throw new FormatException("A stored device state is of another version than this server writes.");
        }

        return (T)JsonSerializer.Deserialize(stored[1..], typeof(T), DeviceStateJson.Default)!;
    }
}
