using System.Diagnostics.Metrics;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>
/// The meter of a store. Tagged by outcomes alone: users and devices are without number. A gauge is read from the log when it is asked for.
/// </summary>
internal sealed class StoreMetrics : IDisposable
{
    public const string MeterName = "OrleansSync.Client";

    private static readonly Dictionary<OutcomeKind, KeyValuePair<string, object?>> Outcomes =
        Enum.GetValues<OutcomeKind>().ToDictionary(static kind => kind, static kind => Tag(kind.ToString().ToLowerInvariant()));

    private static readonly KeyValuePair<string, object?> GivenUp = Tag("given_up");

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Histogram<double> _latency;
    private readonly Counter<long> _operations;
    private readonly Counter<long> _drift;
    private readonly Counter<long> _reconciled;
    private readonly Func<LogDepth> _depth;
    private readonly TimeProvider _time;
    private volatile bool _disposed;

    public StoreMetrics(IMeterFactory? factory, Func<LogDepth> depth, TimeProvider time)
    {
        (_depth, _time, _ownsMeter) = (depth, time, factory is null);
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _latency = _meter.CreateHistogram(
            "orleanssync.client.sync.latency",
            "s",
            "From the write of an operation to the record of the server's answer, by the device's clock.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.03, 0.1, 0.3, 1, 3, 5, 10, 30, 60, 600, 3_600, 86_400] });
        _operations = _meter.CreateCounter<long>(
            "orleanssync.client.operations", "{operation}", "Operations that have ended, by outcome.");
        _drift = _meter.CreateCounter<long>(
            "orleanssync.client.drift", "{type}", "Types whose rows were found not to be the server's, by its digests.");
        _reconciled = _meter.CreateCounter<long>(
            "orleanssync.client.reconciled", "{row}", "Rows that a reconciliation has mended or dropped, by outcome.");
        _meter.CreateObservableGauge(
            "orleanssync.client.queue.depth", () => Measure(static depth => depth.Pending + depth.InFlight), "{operation}", "Operations without an outcome.");
        _meter.CreateObservableGauge(
            "orleanssync.client.queue.oldest", () => Measure(AgeOf), "s", "Age of the oldest of them, by the device's clock; 0: there are none.");
        _meter.CreateObservableGauge(
            "orleanssync.client.dead_letters", () => Measure(static depth => depth.DeadLetters), "{operation}", "Operations that ended refused and wait for the app.");
    }

    /// <summary>An operation has ended.</summary>
    public void Settled(SettledOperation operation)
    {
        if (!_operations.Enabled && !_latency.Enabled) return;
        var outcome = operation.GivenUp ? GivenUp : Outcomes[operation.Outcome.Kind];
        _operations.Add(1, outcome);
        // The device's clock may have been set back since.
        if (!operation.GivenUp) _latency.Record(Math.Max(0, (_time.GetUtcNow().ToUnixTimeMilliseconds() - operation.WrittenAt) / 1_000d), outcome);
    }

    /// <summary>Something happened that the app may want to know of.</summary>
    public void Happened(SyncEvent what)
    {
        if (what is SyncEvent.DriftFound drift) _drift.Add(drift.Types.Count);
        if (what is not SyncEvent.Reconciled { Report: var report }) return;
        if (report.Mended > 0) _reconciled.Add(report.Mended, Tag("mended"));
        if (report.Dropped > 0) _reconciled.Add(report.Dropped, Tag("dropped"));
    }

    public void Dispose()
    {
        _disposed = true;
        // One of a factory is the factory's, and other stores'.
        if (_ownsMeter) _meter.Dispose();
    }

    private static KeyValuePair<string, object?> Tag(string outcome) => new("outcome", outcome);

    private double AgeOf(LogDepth depth) => depth.OldestWrittenAt is { } written ? Math.Max(0, (_time.GetUtcNow() - written).TotalSeconds) : 0;

    private IEnumerable<Measurement<T>> Measure<T>(Func<LogDepth, T> of)
        where T : struct
    {
        if (_disposed) return [];
        try
        {
            return [new Measurement<T>(of(_depth()))];
        }
        catch (ObjectDisposedException)
        {
            // The store closes at this moment.
            return [];
        }
    }
}
