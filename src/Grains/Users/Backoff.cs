namespace OrleansSync.Grains.Users;

/// <summary>Random delays under a doubling bound, until the time is up.</summary>
internal sealed class Backoff(ChangeLogOptions options, TimeProvider time)
{
    private long _startedAt = time.GetTimestamp();
    private TimeSpan _bound = options.FirstDelay;

    /// <summary>False: the time is up.</summary>
    public async Task<bool> WaitAsync()
    {
        if (time.GetElapsedTime(_startedAt) >= options.GiveUpAfter) return false;
        var delay = _bound * options.Jitter();
        _bound = _bound * 2 < options.MaxDelay ? _bound * 2 : options.MaxDelay;
        await Task.Delay(delay, time);
        return true;
    }

    public void Restart() => (_startedAt, _bound) = (time.GetTimestamp(), options.FirstDelay);
}
