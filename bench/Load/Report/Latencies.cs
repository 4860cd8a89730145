namespace OrleansSync.Bench.Load.Report;

/// <summary>Latencies of many calls, from many threads.</summary>
internal sealed class Latencies
{
    private readonly List<double> _milliseconds = [];

    public int Count
    {
        get
        {
            lock (_milliseconds) return _milliseconds.Count;
        }
    }

    public void Add(TimeSpan latency)
    {
        lock (_milliseconds) _milliseconds.Add(latency.TotalMilliseconds);
    }

    /// <param name="share">0.5: the median.</param>
    public double Percentile(double share)
    {
        lock (_milliseconds)
        {
            if (_milliseconds.Count == 0) throw new InvalidOperationException("Nothing was measured.");
            var sorted = _milliseconds.Order().ToArray();
            return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
        }
    }
}
