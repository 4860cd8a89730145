namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>The connections of a device are cut, at once on both sides or noticed late by the server.</summary>
internal sealed class ConnectionsCut : IFault
{
    public string Name => "connections cut";

    public int WeightIn(World world) => 14;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        using var held = world.TryHold(world.Networks, random);
        if (held is null || held.Target.Links == 0) return;
        injected();
        if (random.Chance(0.5)) held.Target.Cut();
        else await held.Target.CutAfterSendAsync(random.Between(100, 2_000));
    }
}
