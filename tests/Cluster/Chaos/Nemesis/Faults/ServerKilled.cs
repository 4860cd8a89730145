namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>SIGKILL of a server process, and a start soon after.</summary>
internal sealed class ServerKilled : IFault
{
    public string Name => "server killed";

    public int WeightIn(World world) => 8;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Servers.Processes, random);
        if (held is null) return;
        held.Target.Kill();
        injected();
        await FaultTime.LastAsync(random.Between(0, 2_000), heal);
        await ServerStart.EnsureRunningAsync(held.Target);
    }
}
