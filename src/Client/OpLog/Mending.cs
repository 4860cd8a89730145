using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Puts the server's rows in the place of those that are held, as of a cursor that they were compared at: newer or not, since what is held
/// is wrong. What has changed since is left alone: a page has brought it, or will. Pending operations stay, over the rows as they are then.
/// </summary>
internal static class Mending
{
    public static (int Mended, int Dropped) Run(
        WriteContext context, HeldDigests asked, IReadOnlyCollection<EntityRow> rows, IReadOnlyCollection<EntityKey> absent)
    {
        // A pull from the start has begun meanwhile: it brings everything.
        if (context.Meta.Lineage != asked.Lineage || context.Meta.Resyncing) return default;
        var (mended, dropped) = (0, 0);
        foreach (var row in rows)
        {
            if (row.Sequence > asked.Cursor || !IsAsAsked(context, asked, row.Key)) continue;
            Rebase.Run(context, row.Key, row);
            mended++;
        }

        foreach (var key in absent)
        {
            if (!IsAsAsked(context, asked, key)) continue;
            Rebase.Run(context, key, server: null);
            dropped++;
        }

        return (mended, dropped);
    }

    /// <summary>No page has brought another row since. A row above what is visible is none of a page.</summary>
    private static bool IsAsAsked(WriteContext context, HeldDigests asked, EntityKey key)
    {
        if (!context.Meta.Types.Holds(key.Type)) return false;
        var held = EntityTable.FindServerSequence(context.Connection, key);
        return held <= asked.Cursor || held > context.Meta.Cursor;
    }
}
