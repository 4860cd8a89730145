namespace OrleansSync.Grains.Tests.Support;

/// <summary>Time that passes only by being waited for: every timer is due at once and moves the clock to its time.</summary>
internal sealed class SkippingTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    /// <summary>Days pass.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero) Interlocked.Add(ref _ticks, dueTime.Ticks);
        var timer = new FiredTimer();
        if (dueTime >= TimeSpan.Zero) ThreadPool.QueueUserWorkItem(_ => timer.Fire(callback, state));
        return timer;
    }

    private sealed class FiredTimer : ITimer
    {
        private volatile bool _disposed;

        public void Fire(TimerCallback callback, object? state)
        {
            if (!_disposed) callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => !_disposed;

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
