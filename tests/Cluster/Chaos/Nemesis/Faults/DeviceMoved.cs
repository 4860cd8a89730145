namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>A device comes out at another gateway.</summary>
internal sealed class DeviceMoved : IFault
{
    public string Name => "device moved";

    public int WeightIn(World world) => world.Servers.GatewayPorts.Count > 1 ? 6 : 0;

    public Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Networks, random);
        if (held is null) return Task.CompletedTask;
        var others = world.Servers.GatewayPorts.Where(port => port != held.Target.TargetPort).ToArray();
        held.Target.MoveTo(random.Pick(others));
        injected();
        return Task.CompletedTask;
    }
}
