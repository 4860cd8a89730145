namespace OrleansSync.Client.Sync;

/// <summary>
/// Exponential backoff with full jitter: after the n-th failure in a row a random delay between zero and
/// min(<paramref name="max"/>, <paramref name="min"/> · 2^(n-1)). The jitter spreads the devices of a server that comes back.
/// </summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    private int _failures;

    /// <summary>The longest delay that the failures so far allow; zero where there is none.</summary>
    public TimeSpan Ceiling => _failures == 0
        ? TimeSpan.Zero
        // 2^30 times any useful minimum lies above any useful maximum.
        : TimeSpan.FromTicks(Math.Min(max.Ticks, (long)Math.Min(long.MaxValue / 2d, min.Ticks * Math.Pow(2, Math.Min(_failures - 1, 30)))));

    public TimeSpan NextDelay()
    {
        _failures++;
        return Ceiling * random.NextDouble();
    }

    public void Reset() => _failures = 0;
}
