namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>The server hears the device and answers, but no answer arrives; then the connection is cut.</summary>
internal sealed class AcknowledgementsDropped : IFault
{
    public string Name => "acknowledgements dropped";

    public int WeightIn(World world) => 12;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Networks, random);
        if (held is null || held.Target.Links == 0) return;
        held.Target.Down.Swallows = true;
        injected();
        await FaultTime.LastAsync(random.Between(100, 2_000), heal);
        held.Target.Heal();
    }
}
