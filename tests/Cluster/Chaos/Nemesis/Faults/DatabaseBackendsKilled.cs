namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>Database sessions of the silos are ended, those in the middle of a statement first.</summary>
internal sealed class DatabaseBackendsKilled : IFault
{
    public string Name => "database sessions killed";

    public int WeightIn(World world) => world.Servers.Database is null ? 0 : 8;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold([world.Servers.Database!], random);
        if (held is null) return;
        if (await held.Target.TerminateBackendsAsync(random.Next(1, 4), heal)) injected();
    }
}
