namespace OrleansSync.Client.OpLog;

/// <summary>All counters from one to another.</summary>
internal readonly record struct CounterRun(long First, long Last);

/// <summary>Operations mostly follow each other in the log, and what happens to them happens to runs of them.</summary>
internal static class CounterRuns
{
    /// <param name="counters">In ascending order.</param>
    public static IEnumerable<CounterRun> Of(IEnumerable<long> counters) =>
        Of(counters.Select(static counter => (counter, counter, 0)), static (_, _) => true).Select(static run => run.Run);

    /// <summary>Runs that are to be marked alike: one statement marks them all.</summary>
    /// <param name="marks">Counters, places (those of neighbours in the log follow each other) and how each is to be marked, in the order in which they are to be.</param>
    /// <param name="alike">Two marks differ in nothing that is stored.</param>
    public static IEnumerable<(CounterRun Run, T Mark)> Of<T>(IEnumerable<(long Counter, long Place, T Mark)> marks, Func<T, T, bool> alike)
    {
        (CounterRun Run, T Mark)? run = null;
        var last = 0L;
        foreach (var (counter, place, mark) in marks)
        {
            var follows = place == last + 1;
            last = place;
            if (run is { } open && follows && alike(open.Mark, mark))
            {
                run = open with { Run = open.Run with { Last = counter } };
                continue;
            }

            if (run is { } whole) yield return whole;
            run = (new CounterRun(counter, counter), mark);
        }

        if (run is { } rest) yield return rest;
    }
}
