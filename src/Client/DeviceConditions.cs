namespace OrleansSync.Client;

/// <summary>What a device knows about its network and its battery. Hints: syncing goes on by itself where they are wrong.</summary>
/// <param name="NetworkAvailable">There is a network at all.</param>
/// <param name="Saving">The network is metered, or the battery is to be spared.</param>
public readonly record struct DeviceConditions(bool NetworkAvailable = true, bool Saving = false);

/// <summary>Tells a store of the device's conditions; an app implements it over what its platform offers.</summary>
/// <remarks><see cref="NetworkConditions"/> is the one for platforms where .NET sees the network by itself.</remarks>
public interface IDeviceConditions
{
    /// <summary>Raised after <see cref="Current"/> has changed, on any thread.</summary>
    event Action? Changed;

    /// <summary>The conditions now. Must return fast.</summary>
    DeviceConditions Current { get; }
}
