namespace OrleansSync.Bench.Load.Processes;

/// <summary>Memory of a process that has come to rest: its collector and its pools lag behind what it was told to do.</summary>
internal static class Quiet
{
    private const double Difference = 0.01;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

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
