using System.Collections.Concurrent;

namespace OrleansSync.Chaos.Nemesis;

/// <summary>Injects faults, chosen by the seed, until it is told to stop; then all are healed.</summary>
internal sealed class NemesisLoop(World world, IReadOnlyList<FaultLane> lanes, int seed)
{
    private const int ShortestPause = 20;

    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>Faults that were really injected, by kind.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    public int Total => _counts.Values.Sum();

    /// <summary>Counts a fault that tells of itself later.</summary>
    public void Count(string name) => _counts.AddOrUpdate(name, 1, static (_, count) => count + 1);

    /// <exception cref="Exception">A fault could not be healed: the run says nothing then.</exception>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(lanes.Select(lane => RunAsync(lane, stop)));

    private async Task RunAsync(FaultLane lane, CancellationToken stop)
    {
        var random = Seeds.For(seed, $"nemesis {lane.Name}");
        var running = new List<Task>();
        while (true)
        {
            await FaultTime.LastAsync(random.Between(ShortestPause, lane.LongestPause), stop);
            if (running.Count == lane.AtOnce) await Task.WhenAny(running);
            if (stop.IsCancellationRequested) break;
            foreach (var ended in running.Where(static task => task.IsCompleted).ToArray())
            {
                await ended;
                running.Remove(ended);
            }

            // A generator of its own: what runs beside it must not shift the choice of the next.
            var fault = Choose(lane, random);
            var own = new Random(random.Next());
            running.Add(Task.Run(() => fault.InjectAsync(world, own, () => Count(fault.Name), stop), CancellationToken.None));
        }

        await Task.WhenAll(running);
    }

    private IFault Choose(FaultLane lane, Random random)
    {
        var drawn = random.Next(lane.Faults.Sum(fault => fault.WeightIn(world)));
        foreach (var fault in lane.Faults)
        {
            drawn -= fault.WeightIn(world);
            if (drawn < 0) return fault;
        }

        return lane.Faults[^1];
    }
}
