namespace OrleansSync.Grains.Storage;

/// <summary>Where a new lineage begins.</summary>
public static class Lineages
{
    /// <summary>
    /// Of restores that follow each other within so many sequences, which are 30 days of microseconds, all that was committed since the first one counts as
    /// lost: what devices keep of before it may come a second time.
    /// </summary>
    public const long Together = 2_592_000_000_000;

    /// <summary>By how much a new lineage raises the epoch: no owner from before holds one that comes again.</summary>
    public const long Epochs = 1L << 20;

    /// <summary>The gap of a new lineage after one that the scope has had before.</summary>
    public static Core.SequenceGap After(Core.SequenceGap before, long head, long through)
    {
        var isOne = head == before.Through || (before.Through > 0 && before.Through > through - Together);
        return new(isOne ? before.After : head, Math.Max(through, head + 1));
    }

    /// <summary>
    /// The time in microseconds since 1970 UTC: above every sequence that a scope can have given before, in whichever lineage, for as long as
    /// it commits less than 1,000 times a millisecond and clocks are not years behind.
    /// </summary>
    public static long Through(TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
}
