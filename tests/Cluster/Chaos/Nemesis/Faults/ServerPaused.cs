namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>SIGSTOP of a server process, and SIGCONT after others may have given it up.</summary>
internal sealed class ServerPaused : IFault
{
    public string Name => "server paused";

    public int WeightIn(World world) => 8;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Servers.Processes, random);
        if (held is null || !held.Target.IsRunning) return;
        await held.Target.SignalAsync("STOP");
        injected();
        await FaultTime.LastAsync(random.Between(200, 8_000), heal);
        // A silo that the others declared dead meanwhile ends itself, and is started again by its supervisor.
        if (held.Target.IsRunning) await held.Target.SignalAsync("CONT");
    }
}
