using System.Collections.Concurrent;

namespace OrleansSync.Chaos.Nemesis;

/// <summary>Injects faults, chosen by the seed, a few at a time, until it is told to stop; then all are healed.</summary>
internal sealed class NemesisLoop(World world, IReadOnlyList<IFault> faults, int seed)
{
    private const int AtOnce = 6;
    private const int ShortestPause = 50;
    private const int LongestPause = 500;

    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>Faults that were really injected, by kind.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    public int Total => _counts.Values.Sum();

    /// <summary>Counts a fault that tells of itself later.</summary>
    public void Count(string name) => _counts.AddOrUpdate(name, 1, static (_, count) => count + 1);

    /// <exception cref="Exception">A fault could not be healed: the run says nothing then.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var random = Seeds.For(seed, "nemesis");
        var running = new List<Task>();
        while (!stop.IsCancellationRequested)
        {
            await FaultTime.LastAsync(random.Between(ShortestPause, LongestPause), stop);
            if (stop.IsCancellationRequested) break;
            if (running.Count == AtOnce) await Task.WhenAny(running);
            foreach (var ended in running.Where(static task => task.IsCompleted).ToArray())
            {
                await ended;
                running.Remove(ended);
            }

            // A generator of its own: what runs beside it must not shift the choice of the next.
            var fault = Choose(random);
            var own = new Random(random.Next());
            running.Add(Task.Run(() => fault.InjectAsync(world, own, () => Count(fault.Name), stop), CancellationToken.None));
        }

        await Task.WhenAll(running);
    }

    private IFault Choose(Random random)
    {
        var drawn = random.Next(faults.Sum(fault => fault.WeightIn(world)));
        foreach (var fault in faults)
        {
            drawn -= fault.WeightIn(world);
            if (drawn < 0) return fault;
        }

        return faults[^1];
    }
}
