namespace OrleansSync.Client.Sync.Reconciling;

/// <summary>
/// When rows are compared with the server's: once a period, and soon where a digest differs. What a comparison does not mend, or cannot be
/// done, is tried again after a minute, two, four, … up to the period. Not thread-safe.
/// </summary>
internal sealed class ReconcileSchedule(TimeSpan period, TimeProvider time)
{
    private static readonly TimeSpan FirstRest = TimeSpan.FromMinutes(1);

    private long? _lastRun;
    private int _runs;

    /// <param name="drifted">A digest differs.</param>
    /// <param name="reconciledAt">When all rows were last compared, by the device's clock: one that was set back makes it due.</param>
    public bool IsDue(bool drifted, DateTimeOffset reconciledAt)
    {
        if (_lastRun is { } last && time.GetElapsedTime(last) < Rest) return false;
        var now = time.GetUtcNow();
        return drifted || now - reconciledAt >= period || now < reconciledAt;
    }

    /// <summary>A comparison begins, whatever becomes of it.</summary>
    public void NoteRun()
    {
        _runs = _lastRun is { } last && time.GetElapsedTime(last) >= period ? 1 : _runs + 1;
        _lastRun = time.GetTimestamp();
    }

    // 2^20 minutes lie above any useful period.
    private TimeSpan Rest => _runs == 0 ? TimeSpan.Zero : Least(FirstRest * Math.Pow(2, Math.Min(_runs - 1, 20)), period);

    private static TimeSpan Least(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
