namespace OrleansSync.Core;

/// <summary>What a merge needs beside the row and the operation.</summary>
/// <param name="Schema">The rules of the entity's type.</param>
/// <param name="Sequence">Number of the commit that will hold the result.</param>
/// <param name="CommittedAt">Server time, milliseconds since 1970 UTC: becomes the time of a deletion, nothing else.</param>
/// <param name="Limits">Limits of a document.</param>
public sealed record MergeContext(EntitySchema Schema, long Sequence, long CommittedAt, Limits Limits)
{
    /// <summary>What a restored server has lost: an operation over a row of it makes what it needs of that row anew.</summary>
    public SequenceGap Lost { get; init; }
}
