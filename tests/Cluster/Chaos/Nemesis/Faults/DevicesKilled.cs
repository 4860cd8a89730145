namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>SIGKILL of a device process; its devices are opened again on their files, at once or later.</summary>
internal sealed class DevicesKilled : IFault
{
    public string Name => "devices killed";

    public int WeightIn(World world) => 5;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Hosts, random);
        if (held is null) return;
        held.Target.Kill();
        injected();
        await FaultTime.LastAsync(random.Between(0, 3_000), heal);
        await held.Target.StartAsync(CancellationToken.None);
    }
}
