namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>The database server ends, orderly or in a crash, and comes back.</summary>
internal sealed class DatabaseRestarted : IFault
{
    public string Name => "database restarted";

    public int WeightIn(World world) => world.Servers.Database is null ? 0 : 3;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold([world.Servers.Database!], random);
        if (held is null) return;
        injected();
        await held.Target.RestartAsync(crash: random.Chance(0.6), random.Between(0, 2_000), heal);
    }
}
