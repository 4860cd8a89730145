using OrleansSync.Chaos.Devices;

namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>
/// A device's next batch with increments is sent on a second stream too, at the same moment or later. The device process
/// tells when it really was, and it is counted then.
/// </summary>
internal sealed class BatchOnTwoStreams : IFault
{
    public const string Title = "batch on two streams";

    public string Name => Title;

    public int WeightIn(World world) => 14;

    public Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        var host = random.Pick(world.Hosts);
        return host.ArmTwinAsync(random.Pick<DevicePlace>(host.Devices).Name);
    }
}
