namespace OrleansSync.Core;

/// <summary>The counter of a device's logical timestamps. The owner persists <see cref="Value"/> with what it stamps.</summary>
public sealed class LamportClock(long value)
{
    /// <summary>The highest counter given out or seen.</summary>
    public long Value { get; private set; } = value;

    /// <summary>The counter for the next operation.</summary>
    /// <exception cref="OverflowException">The counter has reached 2^63 - 1.</exception>
    public long Next() => Value = checked(Value + 1);

    /// <summary>Advances past a counter that was seen.</summary>
    public void Observe(long counter) => Value = Math.Max(Value, counter);
}
