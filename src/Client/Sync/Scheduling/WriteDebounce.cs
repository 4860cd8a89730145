namespace OrleansSync.Client.Sync;

/// <summary>
/// Waits for quiet after a write, but not for ever: a push is due some time after the last write, and at the latest some time after
/// the first one that has not been pushed.
/// </summary>
internal sealed class WriteDebounce
{
    private TimeSpan? _first;
    private TimeSpan _last;

    /// <summary>When a push is due; <c>null</c>: nothing was written.</summary>
    public TimeSpan? DueAfter(TimeSpan quiet, TimeSpan longest) => _first is not { } first ? null
        : first + longest < _last + quiet ? first + longest : _last + quiet;

    public void OnWrite(TimeSpan now)
    {
        _first ??= now;
        _last = now;
    }

    public void Clear() => _first = null;
}
