using System.Collections.Immutable;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>An operation that has become part of a later one of its entity; <c>null</c>: with that it has become nothing.</summary>
internal readonly record struct AbsorbedOperation(OperationId Operation, OperationId? Into);

/// <summary>
/// Makes the log shorter before it is sent: operations that follow each other on one entity become one, where none of them has ever been
/// attempted and each stands alone. What the rules are, and that nobody can tell, is <see cref="Compaction"/>'s.
/// </summary>
internal static class BacklogCompaction
{
    /// <summary>Compacts the operations of some entities that were written again.</summary>
    /// <param name="context">The transaction.</param>
    /// <param name="most">Entities at a time.</param>
    /// <returns>What has been absorbed by what.</returns>
    public static List<AbsorbedOperation> Run(WriteContext context, int most)
    {
        var rewritten = context.Meta.Rewritten ?? RewrittenEntities.Of(OperationTable.WithSeveralPending(context.Connection));
        var absorbed = new List<AbsorbedOperation>();
        var (now, left) = rewritten.Take(most);
        foreach (var key in now) CompactEntity(context, key, absorbed);
        foreach (var one in absorbed) context.NoteAbsorbed(one);
        context.Meta = context.Meta with { Rewritten = left };
        return absorbed;
    }

    private static void CompactEntity(WriteContext context, EntityKey key, List<AbsorbedOperation> absorbed)
    {
        // A resolver decides about each operation as it was written: of two sales it may take one and refuse the other.
        if (context.Meta.Schema.Find(key.Type)?.Policy == ConflictPolicy.Custom) return;
        var hadDelete = false;
        foreach (var run in RunsOf(context.Connection, key))
        {
            var kept = Compaction.Compact(run, EntityIds.AreOf(context.Meta.Device, key.Id), context.Meta.Limits);
            if (kept.Length == run.Count) continue;
            Replace(context.Connection, run, kept, absorbed);
            hadDelete |= run.Exists(static one => one.Kind == OperationKind.Delete);
        }

        // What a tombstone hides may differ, and an entity that has become nothing is gone. Otherwise the row is the same.
        if (hadDelete) Rebase.Run(context, key);
    }

    /// <summary>The operations of an entity that may be compacted with each other, each run in log order.</summary>
    private static List<List<Operation>> RunsOf(LocalConnection connection, EntityKey key)
    {
        var (runs, isOpen) = (new List<List<Operation>>(), false);
        foreach (var (entry, operation) in OperationTable.OfEntity(connection, key))
        {
            // A dead letter has no effect, and what the server has taken comes before all that waits.
            if (entry.Status is OperationStatus.DeadLetter or OperationStatus.Synced) continue;
            var isFree = entry is { Status: OperationStatus.Pending, Failures: 0, Transaction: null } && !AttemptedTable.Contains(connection, entry.Counter);
            if (isFree && isOpen) runs[^1].Add(operation);
            else if (isFree) runs.Add([operation]);
            isOpen = isFree;
        }

        return runs;
    }

    private static void Replace(LocalConnection connection, List<Operation> run, ImmutableArray<Operation> kept, List<AbsorbedOperation> absorbed)
    {
        var next = 0;
        foreach (var operation in run)
        {
            while (next < kept.Length && kept[next].Counter < operation.Counter) next++;
            var into = next < kept.Length ? kept[next] : null;
            if (into?.Id != operation.Id)
            {
                OperationTable.Remove(connection, operation.Counter);
                absorbed.Add(new AbsorbedOperation(operation.Id, into?.Id));
            }
            else if (!ReferenceEquals(into, operation))
            {
                OperationTable.Rewrite(connection, into);
            }
        }
    }
}
