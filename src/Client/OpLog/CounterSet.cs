using System.Collections.Immutable;

namespace OrleansSync.Client.OpLog;

/// <summary>A set of counters, kept as runs. Immutable.</summary>
internal sealed class CounterSet
{
    public static readonly CounterSet Empty = new([]);

    // Ascending; between two of them at least one counter is missing.
    private readonly ImmutableArray<CounterRun> _runs;

    private CounterSet(ImmutableArray<CounterRun> runs) => _runs = runs;

    /// <summary>The last counter of the run that this one is in; <c>null</c>: it is not in the set.</summary>
    public long? EndOfRun(long counter)
    {
        var (low, high) = (0, _runs.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_runs[middle].Last < counter) low = middle + 1;
            else if (_runs[middle].First > counter) high = middle - 1;
            else return _runs[middle].Last;
        }

        return null;
    }

    public CounterSet With(IEnumerable<CounterRun> runs)
    {
        var merged = new List<CounterRun>(_runs.Length + 1);
        foreach (var run in _runs.Concat(runs).OrderBy(static run => run.First))
        {
            if (merged.Count > 0 && run.First <= merged[^1].Last + 1) merged[^1] = merged[^1] with { Last = Math.Max(merged[^1].Last, run.Last) };
            else merged.Add(run);
        }

        return new CounterSet([.. merged]);
    }

    /// <param name="cuts">In ascending order, without overlaps.</param>
    public CounterSet Without(IEnumerable<CounterRun> cuts)
    {
        var (left, all, next) = (new List<CounterRun>(_runs.Length + 1), cuts.ToList(), 0);
        foreach (var run in _runs)
        {
            while (next < all.Count && all[next].Last < run.First) next++;
            var first = run.First;
            for (var i = next; i < all.Count && all[i].First <= run.Last; i++)
            {
                if (all[i].First > first) left.Add(new CounterRun(first, all[i].First - 1));
                first = all[i].Last + 1;
            }

            if (first <= run.Last) left.Add(new CounterRun(first, run.Last));
        }

        return new CounterSet([.. left]);
    }
}
