namespace OrleansSync.Core;

/// <summary>Whether an operation is concurrent: another device changed the entity after what the operation's device knew.</summary>
internal static class ConcurrencyLabel
{
    public static bool IsConcurrent(EntityRow row, Operation operation) =>
        row.Changes.LatestOfOthers(operation.Device) > KnownUpTo(operation);

    /// <summary>
    /// The sequence up to which the device knew the entity. Without a row to name as base it knew that there was none up to its
    /// visible cursor: a tombstone that its bootstrap skipped is not news.
    /// </summary>
    public static long KnownUpTo(Operation operation) => operation.Base > 0 ? operation.Base : operation.Seen;
}
