namespace OrleansSync.Core;

/// <summary>
/// Sequences whose commits are gone, or may be: a server that was restored to an earlier point goes on above all that
/// it can have given before. What names one of them as its base was written over a row that is lost, or comes back with another device.
/// </summary>
/// <param name="After">The last commit that the restored server has of before; after several restores in short order, that of the first.</param>
/// <param name="Through">The highest sequence that was left out; 0: none was.</param>
public readonly record struct SequenceGap(long After, long Through)
{
    /// <summary>The sequence is one of them.</summary>
    public bool Contains(long sequence) => sequence > After && sequence <= Through;
}
