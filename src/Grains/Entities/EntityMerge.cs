using System.Runtime.InteropServices;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Resolving;

namespace OrleansSync.Grains.Entities;

/// <summary>Merges a round's operations into a committed row: the same wherever it happens.</summary>
internal static class EntityMerge
{
    /// <param name="committed">The row as of the last commit; <c>null</c>: the entity is absent.</param>
    /// <param name="digest">Of that row.</param>
    /// <param name="request">What to merge.</param>
    /// <param name="schema">Of the entity's type.</param>
    /// <param name="limits">Of documents.</param>
    /// <param name="resolvers">How operations meet rows; they decide about types with the policy <see cref="ConflictPolicy.Custom"/>.</param>
    /// <param name="mergedDigest">Of the row that the reply brings, or of the committed one.</param>
    public static MergeReply Run(
        EntityRow? committed, UInt128 digest, MergeRequest request, EntitySchema schema, Limits limits, Resolvers resolvers,
        out UInt128 mergedDigest)
    {
        var context = new MergeContext(schema, request.Sequence, request.CommittedAt, limits)
        {
            Lost = new SequenceGap(request.LostAfter, request.LostThrough),
        };
        var row = committed;
        var merged = new MergedOperation[request.Operations.Length];
        for (var i = 0; i < merged.Length; i++)
        {
            var result = resolvers.Apply(row, request.Operations[i], context, out var message);
            merged[i] = new(result.Kind, result.Reason, result.Concurrent, message);
            if (result.Kind != OutcomeKind.Rejected) row = result.Row;
        }

        var operations = ImmutableCollectionsMarshal.AsImmutableArray(merged);
        var expected = committed?.Sequence ?? 0;
        mergedDigest = digest;
        if (ReferenceEquals(row, committed)) return new(true, expected, null, 0, 0, operations);
        mergedDigest = Digest.OfRow(row);
        return new(true, expected, row, unchecked(mergedDigest - digest), LiveRows(row) - LiveRows(committed), operations);
    }

    /// <summary>The caller is behind: what it wants to commit has a sequence that was used.</summary>
    public static MergeReply TooLate(MergeRequest request) =>
        new(false, 0, null, 0, 0, [.. request.Operations.Select(static _ => default(MergedOperation))]);

    private static int LiveRows(EntityRow? row) => row is { Deleted: false } ? 1 : 0;
}
