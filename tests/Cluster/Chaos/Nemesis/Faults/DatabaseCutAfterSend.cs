namespace OrleansSync.Chaos.Nemesis.Faults;

/// <summary>
/// The silos' connections to the database are cut after they sent, while the sessions live on and commit: nobody is told.
/// </summary>
internal sealed class DatabaseCutAfterSend : IFault
{
    public string Name => "database cut after send";

    public int WeightIn(World world) => world.Servers.Database is null ? 0 : 8;

    public async Task InjectAsync(World world, Random random, Action injected, CancellationToken heal)
    {
        if (world.Servers.Database is not { } database) return;
        using var held = world.TryHold([database.Network], random);
        if (held is null || held.Target.Links == 0) return;
        held.Target.Down.Swallows = true;
        injected();
        await FaultTime.LastAsync(random.Between(5, 300), heal);
        var cut = held.Target.CutAfterSendAsync(random.Between(100, 3_000));
        held.Target.Down.Swallows = false;
        await cut;
    }
}
