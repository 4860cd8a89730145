namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>Everything between the silos and the database takes long.</summary>
internal sealed class DatabaseDelayed : IFault
{
    public string Name => "database delayed";

    public int WeightIn(World world) => world.Servers.Database is null ? 0 : 4;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        if (world.Servers.Database is not { } database) return;
        using var held = world.TryHold([database.Network], random);
        if (held is null) return;
        held.Target.Up.Delay = random.Between(5, 150);
        held.Target.Down.Delay = random.Between(5, 150);
        injected();
        await FaultTime.LastAsync(random.Between(500, 4_000), heal);
        held.Target.Heal();
    }
}
