namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>No connection of a device gets through for a while.</summary>
internal sealed class GatewayUnreachable : IFault
{
    public string Name => "gateway unreachable";

    public int WeightIn(World world) => 6;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Networks, random);
        if (held is null) return;
        held.Target.Refuse(true);
        injected();
        await FaultTime.LastAsync(random.Between(200, 4_000), heal);
        held.Target.Refuse(false);
    }
}
