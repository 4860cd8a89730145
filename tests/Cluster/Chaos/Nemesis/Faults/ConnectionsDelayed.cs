namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>Everything between a device and its gateway takes long, in one direction or both.</summary>
internal sealed class ConnectionsDelayed : IFault
{
    public string Name => "connections delayed";

    public int WeightIn(World world) => 6;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Networks, random);
        if (held is null) return;
        var directions = random.Next(3);
        if (directions != 0) held.Target.Up.Delay = random.Between(20, 800);
        if (directions != 1) held.Target.Down.Delay = random.Between(20, 800);
        injected();
        await FaultTime.LastAsync(random.Between(500, 5_000), heal);
        held.Target.Heal();
    }
}
