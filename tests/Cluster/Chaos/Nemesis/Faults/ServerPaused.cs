namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>SIGSTOP of a server process, and SIGCONT after others may have given it up.</summary>
internal sealed class ServerPaused : IFault
{
    public string Name => "server paused";

    public int WeightIn(World world) => 8;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Servers.Processes, random);
        if (held is null) return;
        await held.Target.SignalAsync("STOP");
        injected();
        await FaultTime.LastAsync(random.Between(200, 8_000), heal);
        await held.Target.SignalAsync("CONT");
        // A silo that the others declared dead meanwhile ends itself.
        if (world.Servers.Processes.Count > 1) await FaultTime.LastAsync(TimeSpan.FromSeconds(1), heal);
        if (!held.Target.IsRunning) await held.Target.StartAsync(CancellationToken.None);
    }
}
