using OrleansSync.Core;

namespace OrleansSync.Grains.Devices;

/// <summary>
/// The key of a device grain. The prefix keeps grain storage from reading it as a number or a UUID, under which different
/// texts would share a row.
/// </summary>
public static class DeviceGrainKey
{
    public static string Of(string user, DeviceId device) => $"device/{user}/{device}";

    public static DeviceId DeviceOf(string key) => new(Guid.Parse(key.AsSpan(key.LastIndexOf('/') + 1)));
}
