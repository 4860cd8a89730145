namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>SIGTERM of a server process, and a start once it has drained.</summary>
internal sealed class ServerRestarted : IFault
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(60);

    public string Name => "server restarted";

    public int WeightIn(World world) => 3;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Servers.Processes, random);
        if (held is null || !held.Target.IsRunning) return;
        await held.Target.SignalAsync("TERM");
        injected();
        using var late = new CancellationTokenSource(DrainTimeout);
        await held.Target.ExitAsync(late.Token);
        await ServerStart.EnsureRunningAsync(held.Target);
    }
}
