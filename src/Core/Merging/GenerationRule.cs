using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>Which generation of the entity an operation means.</summary>
internal static class GenerationRule
{
    private const long Forgotten = 0;

    /// <summary>
    /// The generation as the device named it where it had a row; a blind operation counts from the last generation whose birth
    /// its cursor had passed, because what lived and died below that cursor it could not know. 0: older than what is remembered.
    /// </summary>
    public static long Effective(EntityRow row, Operation operation)
    {
        if (operation.Base > 0) return operation.Generation;

        // Below the first commit of the entity there was no generation, however many births were forgotten since.
        if (operation.Seen < row.Birth) return operation.Generation;

        var births = row.Births;
        for (var i = births.Length - 1; i >= 0; i--)
        {
            if (births[i] <= operation.Seen) return row.Generation - (births.Length - 1L - i) + operation.Generation;
        }

        return Forgotten;
    }

    /// <summary>
    /// Birth of an entity that was absent. A create over a tombstone that has been purged since is known by that tombstone: the
    /// operations that follow it on its device name the same base and must not count as older than the entity.
    /// </summary>
    public static long BirthOnAbsent(Operation create, MergeContext context) =>
        create.Base > 0 && !context.Lost.Contains(create.Base) ? create.Base : context.Sequence;

    public static ImmutableArray<long> BirthsWith(EntityRow? row, long sequence)
    {
        if (row is null) return [sequence];

        var kept = row.Births.AsSpan();
        if (kept.Length >= EntityRow.MaxBirths) kept = kept[^(EntityRow.MaxBirths - 1)..];
        return [.. kept, sequence];
    }
}
