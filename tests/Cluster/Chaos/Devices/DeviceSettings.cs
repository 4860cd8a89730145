namespace OrleansSync.Chaos.Devices;

/// <summary>What a device process is told on its first line of input.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Process">How many processes had these devices before.</param>
/// <param name="Pause">Milliseconds between a device's writes, on average.</param>
/// <param name="Purges">Tombstones are purged within the run.</param>
/// <param name="Gateways">Where a twin of a batch may go, past the proxies.</param>
/// <param name="Devices">The devices of this process.</param>
public sealed record DeviceSettings(
    int Seed, int Process, int Pause, bool Purges, IReadOnlyList<Uri> Gateways, IReadOnlyList<DevicePlace> Devices);

/// <summary>One device: its name, its user, where its files are, and the proxy it talks to.</summary>
public sealed record DevicePlace(string Name, string User, string Database, string History, Uri Gateway);
