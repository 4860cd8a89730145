namespace OrleansSync.Client.OpLog;

/// <summary>Operations that follow each other in the log and are to be marked alike: one statement marks them all.</summary>
internal static class LogRuns
{
    /// <param name="marks">Positions and how each is to be marked, in the order in which they are to be.</param>
    /// <param name="alike">Two marks differ in nothing that is stored.</param>
    public static IEnumerable<(long First, long Last, T Mark)> Of<T>(IEnumerable<(long Position, T Mark)> marks, Func<T, T, bool> alike)
    {
        (long First, long Last, T Mark)? run = null;
        foreach (var (position, mark) in marks)
        {
            if (run is { } open && position == open.Last + 1 && alike(open.Mark, mark))
            {
                run = open with { Last = position };
                continue;
            }

            if (run is { } whole) yield return whole;
            run = (position, position, mark);
        }

        if (run is { } last) yield return last;
    }
}
