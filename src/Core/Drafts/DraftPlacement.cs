using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>Where in a log drafts are placed.</summary>
/// <param name="Head">The last committed sequence; what is placed is committed under the next one.</param>
/// <param name="Clock">The highest counter that the scope has seen.</param>
/// <param name="CommittedAt">Server time, milliseconds since 1970 UTC.</param>
public readonly record struct PlacementPoint(long Head, long Clock, long CommittedAt);

/// <summary>A write whose operations can be merged.</summary>
/// <param name="Operations">One a draft.</param>
/// <param name="Refused">Which of them is refused, and with it the write; -1: none.</param>
/// <param name="Reason">Why.</param>
public readonly record struct PlacedWrite(ImmutableArray<Operation> Operations, int Refused, RejectionReason Reason);

/// <summary>
/// Places writes behind all that is committed, one after the other: each sees the rows as those before it leave them, and what it
/// becomes is never concurrent. Pure, like the merge it foretells: with the same rows, the merge accepts what is not refused here.
/// </summary>
/// <param name="schema">The types and their rules.</param>
/// <param name="limits">Of documents.</param>
/// <param name="at">Where.</param>
/// <param name="rows">The committed rows of all entities that are written; absent ones are left out.</param>
/// <param name="merge">How an operation meets a row; <c>null</c>: by <see cref="Merge.Apply"/>, which knows no resolvers.</param>
public sealed class DraftPlacement(
    SyncSchema schema,
    Limits limits,
    PlacementPoint at,
    IReadOnlyDictionary<EntityKey, EntityRow> rows,
    Func<EntityRow?, Operation, MergeContext, MergeResult>? merge = null)
{
    private readonly Func<EntityRow?, Operation, MergeContext, MergeResult> _merge = merge ?? Merge.Apply;
    private readonly Dictionary<EntityKey, EntityRow?> _placed = [];
    private long _clock = at.Clock;

    /// <summary>Places one write, whole or not at all.</summary>
    public PlacedWrite Place(IReadOnlyList<OperationDraft> write)
    {
        var operations = new Operation[write.Count];
        var own = new Dictionary<EntityKey, EntityRow?>();
        var (refused, reason) = (-1, RejectionReason.None);
        for (var i = 0; i < operations.Length; i++)
        {
            operations[i] = write[i].Operation with { Counter = checked(++_clock) };
            if (refused >= 0) continue;
            reason = TryPlace(write[i], ref operations[i], own);
            if (reason != RejectionReason.None) refused = i;
        }

        if (refused < 0)
        {
            foreach (var (key, row) in own) _placed[key] = row;
        }

        return new([.. operations], refused, reason);
    }

    private RejectionReason TryPlace(OperationDraft draft, ref Operation operation, Dictionary<EntityKey, EntityRow?> own)
    {
        var key = operation.Entity;
        var before = _placed.TryGetValue(key, out var placed) ? placed : rows.GetValueOrDefault(key);
        if (draft.Expected is { } expected && expected != VersionOf(before)) return RejectionReason.Conflict;
        var row = own.TryGetValue(key, out var mine) ? mine : before;
        if (operation.Kind == OperationKind.Update && row is not { Deleted: false }) return RejectionReason.EntityGone;
        // One that was declared when its operations were queued still merges.
        var rules = schema.Find(key.Type) ?? EntitySchema.Undeclared(key.Type);
        operation = DraftCompletion.Complete(operation, row, rules) with
        {
            // Own operations before it are no news to it; so it names the row that others have left.
            Base = rows.GetValueOrDefault(key)?.Sequence ?? 0,
            Seen = at.Head,
        };
        var merged = _merge(row, operation, new MergeContext(rules, at.Head + 1, at.CommittedAt, limits));
        own[key] = merged.Row;
        return merged.Reason;
    }

    private static long VersionOf(EntityRow? row) => row is { Deleted: false } ? row.Sequence : 0;
}
