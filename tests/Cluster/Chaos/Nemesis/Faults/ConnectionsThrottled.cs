namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>A few kilobytes a second between a device and its gateway.</summary>
internal sealed class ConnectionsThrottled : IFault
{
    public string Name => "connections throttled";

    public int WeightIn(World world) => 4;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Networks, random);
        if (held is null) return;
        held.Target.Up.BytesPerSecond = random.Next(1_000, 20_000);
        held.Target.Down.BytesPerSecond = random.Next(1_000, 20_000);
        injected();
        await FaultTime.LastAsync(random.Between(500, 5_000), heal);
        held.Target.Heal();
    }
}
