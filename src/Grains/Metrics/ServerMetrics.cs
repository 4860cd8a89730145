using System.Diagnostics.Metrics;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Metrics;

/// <summary>The meter of a silo. Tagged by what there are few of: users, devices and entities are without number.</summary>
public sealed class ServerMetrics
{
    public const string MeterName = "OrleansSync.Server";

    private static readonly Tags<OutcomeKind> Outcomes = new("outcome");
    private static readonly Tags<RejectionReason> Reasons = new("reason");
    private static readonly Tags<ConflictPolicy> Policies = new("policy");

    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _size;
    private readonly Counter<long> _operations;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _conflicts;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _fenced;
    private readonly Counter<long> _purged;
    private readonly Histogram<int> _queueDepth;
    private readonly Histogram<double> _oldestPending;
    private readonly Histogram<int> _deadLetters;
    private long _tombstones = -1;

    public ServerMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _duration = meter.CreateHistogram(
            "orleanssync.server.commit.duration",
            "s",
            "From a round's way to the store to its answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });
        _size = meter.CreateHistogram<int>("orleanssync.server.commit.operations", "{operation}", "Operations in a committed round.");
        _operations = meter.CreateCounter<long>("orleanssync.server.operations", "{operation}", "Operations on record, by outcome.");
        _rejections = meter.CreateCounter<long>(
            "orleanssync.server.rejections", "{operation}", "Operations that were refused, by reason: dead letters at their devices.");
        _conflicts = meter.CreateCounter<long>("orleanssync.server.conflicts", "{operation}", "Operations that met a concurrent change, by policy.");
        _duplicates = meter.CreateCounter<long>("orleanssync.server.duplicates", "{operation}", "Operations that were answered by the journal.");
        _fenced = meter.CreateCounter<long>("orleanssync.server.commits.refused", "{commit}", "Commits that a fence or a stale row refused.");
        _purged = meter.CreateCounter<long>("orleanssync.server.purged", "{row}", "What purges have removed, by kind.");
        meter.CreateObservableGauge(
            "orleanssync.server.tombstones", Tombstones, "{entity}", "Tombstones that are kept, as of the last purge; told by the silo that made it.");
        _queueDepth = meter.CreateHistogram<int>("orleanssync.server.device.queue.depth", "{operation}", "What devices report as waiting.");
        _oldestPending = meter.CreateHistogram(
            "orleanssync.server.device.queue.oldest",
            "s",
            "Age of the oldest of them, as devices report it.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000] });
        _deadLetters = meter.CreateHistogram<int>("orleanssync.server.device.dead_letters", "{operation}", "Dead letters that devices report.");
    }

    public void Committed(TimeSpan took, int operations)
    {
        _duration.Record(took.TotalSeconds);
        _size.Record(operations);
    }

    public void Recorded(Outcome outcome)
    {
        _operations.Add(1, Outcomes[outcome.Kind]);
        if (outcome.Kind == OutcomeKind.Rejected) _rejections.Add(1, Reasons[outcome.Reason]);
    }

    public void MetConcurrent(ConflictPolicy policy) => _conflicts.Add(1, Policies[policy]);

    public void Refused() => _fenced.Add(1);

    public void Duplicates(int operations)
    {
        if (operations > 0) _duplicates.Add(operations);
    }

    public void Purged(PurgeReport report)
    {
        _purged.Add(report.Tombstones, new KeyValuePair<string, object?>("kind", "tombstone"));
        _purged.Add(report.Operations, new KeyValuePair<string, object?>("kind", "journal_entry"));
        _purged.Add(report.Conflicts, new KeyValuePair<string, object?>("kind", "conflict"));
        _purged.Add(report.DeadLetters, new KeyValuePair<string, object?>("kind", "dead_letter"));
        Volatile.Write(ref _tombstones, report.TombstonesLeft);
    }

    public void Reported(DeviceStatus status)
    {
        _queueDepth.Record(status.QueueDepth);
        _oldestPending.Record(status.OldestPendingSeconds);
        _deadLetters.Record(status.DeadLetters);
    }

    private IEnumerable<Measurement<long>> Tombstones() => Volatile.Read(ref _tombstones) is >= 0 and var kept ? [new Measurement<long>(kept)] : [];

    /// <summary>One tag an enum's value, in snake case, made once.</summary>
    private sealed class Tags<T>(string name) where T : struct, Enum
    {
        private readonly Dictionary<T, KeyValuePair<string, object?>> _tags = Enum.GetValues<T>()
            .ToDictionary(static value => value, value => new KeyValuePair<string, object?>(name, SnakeCase(value.ToString())));

        public KeyValuePair<string, object?> this[T value] => _tags[value];

        private static string SnakeCase(string text) =>
            string.Concat(text.Select(static (letter, at) => char.IsUpper(letter) && at > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
    }
}
