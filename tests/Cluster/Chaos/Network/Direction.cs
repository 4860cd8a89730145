namespace OrleansSync.Chaos.Network;

/// <summary>What the network does to the bytes of one direction at the moment.</summary>
internal sealed class Direction
{
    private volatile int _delayMilliseconds;
    private volatile int _bytesPerSecond;
    private volatile bool _swallows;

    /// <summary>Each piece arrives so much later.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromMilliseconds(_delayMilliseconds);
        set => _delayMilliseconds = (int)value.TotalMilliseconds;
    }

    /// <summary>0: as many as come.</summary>
    public int BytesPerSecond
    {
        get => _bytesPerSecond;
        set => _bytesPerSecond = value;
    }

    /// <summary>Nothing arrives, and the sender does not notice.</summary>
    public bool Swallows
    {
        get => _swallows;
        set => _swallows = value;
    }

    public void Heal() => (Delay, BytesPerSecond, Swallows) = (TimeSpan.Zero, 0, false);

    /// <summary>How long a piece of so many bytes takes.</summary>
    public TimeSpan TimeFor(int bytes) =>
        Delay + (BytesPerSecond is > 0 and var rate ? TimeSpan.FromSeconds((double)bytes / rate) : TimeSpan.Zero);
}
