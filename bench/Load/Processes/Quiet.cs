namespace OrleansSync.Bench.Load.Processes;

/// <summary>Processes that have come to rest: compiler, collector and pools lag behind what they were told to do.</summary>
internal static class Quiet
{
    private const double Difference = 0.01;

    // Of one processor.
    private const double Busy = 0.1;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Waits until none of the processes, nor this one, uses more than a tenth of a processor for half a second, at most 15 s.</summary>
    public static async Task ProcessorAsync(IEnumerable<MeasuredProcess> processes, CancellationToken cancellationToken)
    {
        MeasuredProcess[] all = [.. processes, MeasuredProcess.Own];
        using var timer = new PeriodicTimer(Interval);
        var last = Array.ConvertAll(all, static process => process.CpuSeconds());
        for (var waited = Interval; waited <= Limit && await timer.WaitForNextTickAsync(cancellationToken); waited += Interval)
        {
            var now = Array.ConvertAll(all, static process => process.CpuSeconds());
            if (now.Zip(last).All(static pair => pair.First - pair.Second <= Busy * Interval.TotalSeconds)) return;
            last = now;
        }
    }

    /// <summary>Waits until the resident memory stays within 1 % for half a second, at most 15 s.</summary>
    /// <returns>The last sample, bytes.</returns>
    public static async Task<double> ResidentBytesAsync(MeasuredProcess process, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        var last = process.ResidentBytes();
        for (var waited = Interval; waited <= Limit && await timer.WaitForNextTickAsync(cancellationToken); waited += Interval)
        {
            var before = last;
            last = process.ResidentBytes();
            if (Math.Abs(last - before) < Difference * before) break;
        }

        return last;
    }
}
