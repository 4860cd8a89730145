using System.Diagnostics.Metrics;
using OrleansSync.Grains.Contracts;
using OrleansSync.Silo.Configuration;

namespace OrleansSync.Gateway.Watch;

/// <summary>The meter of a gateway: who watches, and how soon they are told.</summary>
internal sealed class WatchMetrics
{
    public const string MeterName = "OrleansSync.Gateway";

    private readonly UpDownCounter<long> _watchers;
    private readonly Histogram<double> _lag;
    private readonly TimeProvider _time;

    public WatchMetrics(IMeterFactory factory, ServerSettings settings)
    {
        _time = settings.Time;
        var meter = factory.Create(MeterName);
        _watchers = meter.CreateUpDownCounter<long>("orleanssync.gateway.watchers", "{stream}", "Watch streams that are open.");
        _lag = meter.CreateHistogram(
            "orleanssync.gateway.watch.lag",
            "s",
            "From a commit, by the silo's clock, until it is written to a watcher, by the gateway's.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 15, 60] });
    }

    public void Opened() => _watchers.Add(1);

    public void Closed() => _watchers.Add(-1);

    public void Told(CommitNotice notice)
    {
        if (_lag.Enabled) _lag.Record(Math.Max(0, (_time.GetUtcNow().ToUnixTimeMilliseconds() - notice.CommittedAt) / 1_000d));
    }
}
