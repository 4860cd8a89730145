using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Subscriptions;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Takes in a page of the server's changes: outcomes first, then rows, then the cursor. Rows become visible, and
/// operations leave the overlay, in the one transaction that moves the cursor: so nothing counts twice and nothing flickers.
/// </summary>
internal static class PageApplier
{
    // Of entities that changed together; past it listeners are told that any may have, so that a first sync takes no memory.
    private const int MostNamed = 10_000;

    // Rows of a page past which it is asked once whether the log has any open operation.
    private const int FewRows = 8;

    public static void Apply(WriteContext context, ChangePage page, SettledRetention retention)
    {
        var meta = context.Meta;
        var known = meta.Lineage != Guid.Empty ? meta.Lineage : meta.History;
        if (known != Guid.Empty && page.Lineage != Guid.Empty && page.Lineage != known) throw StoreErrors.LineageChanged();

        Settlement.Record(context, page.Outcomes);
        context.Meta = context.Meta with { PageToken = page.PageToken };
        // A type that joined is visible as of the commit that it was read through, and never before.
        if (page.Complete && page.Cursor < meta.Types.FilledThrough) throw StoreErrors.BehindFill(page.Cursor, meta.Types.FilledThrough);
        // One page that is all there is, such as each commit that a watch is told of, shows its rows without staging them.
        if (page.Complete && !meta.Resyncing && StagingTable.IsEmpty(context.Connection))
        {
            Show(context, page, retention);
        }
        else
        {
            Stage(context, page);
            if (page.Complete) Complete(context, page, retention);
        }

        // Last: by now all rows have been decoded.
        context.Meta = context.Meta with { Clock = ClockOf(context.Meta.Clock, page) };
    }

    private static void Stage(WriteContext context, ChangePage page)
    {
        var change = new DigestChange();
        foreach (var row in HeldOf(context, page)) change.Add(row.Key.Type, StagingTable.Add(context.Connection, row));
        var digests = context.Meta.Digests;
        context.Meta = context.Meta with { Digests = digests with { Staged = change.ApplyTo(digests.Staged) } };
    }

    /// <summary>The highest timestamp that a page tells of.</summary>
    public static long ClockOf(long clock, ChangePage page)
    {
        clock = Math.Max(clock, page.Clock);
        foreach (var encoded in page.Rows) clock = Math.Max(clock, Math.Max(encoded.Row.LastEdit.Counter, encoded.Row.LastDelete.Counter));
        return clock;
    }

    /// <summary>A stream that was opened before a type was removed still brings its rows.</summary>
    private static IEnumerable<EncodedRow> HeldOf(WriteContext context, ChangePage page) =>
        context.Meta.Types is { Joined: null, Local.IsEmpty: true } ? page.Rows : page.Rows.Where(row => context.Meta.Types.Holds(row.Key.Type));

    /// <summary>Back to the start. What is visible stays so until a pull from the start is complete.</summary>
    public static void Restart(WriteContext context)
    {
        if (context.Meta.Cursor > 0 && !context.Meta.Resyncing) context.NoteEvent(new SyncEvent.ResyncStarted());
        StagingTable.Clear(context.Connection);
        context.Meta = context.Meta with
        {
            Resyncing = context.Meta.Resyncing || context.Meta.Cursor > 0,
            Cursor = 0,
            Lineage = Guid.Empty,
            PageToken = default,
            Digests = context.Meta.Digests.WithNothingStaged(),
        };
        SubscriptionChanges.JoinAll(context);
    }

    private static void Show(WriteContext context, ChangePage page, SettledRetention retention)
    {
        var (connection, isFirst) = (context.Connection, context.Meta.Cursor == 0);
        MoveCursor(context, page);
        var rebase = OperationTable.Covered(connection, context.Meta.Cursor);
        if (rebase.Count > 0) retention.Prune(context);
        var (change, anyOpen) = (new DigestChange(), page.Rows.Count <= FewRows || OperationTable.AnyOpen(connection));
        foreach (var row in HeldOf(context, page))
        {
            if (anyOpen && OperationTable.HasOpen(connection, row.Key)) RebaseOver(context, row.Row, always: false);
            else if (!ShowAlone(context, row, isFirst, change)) continue;
            rebase.Remove(row.Key);
        }

        Count(context, change);
        foreach (var key in rebase) Rebase.Run(context, key);
        DigestCheck.Run(context, page);
    }

    private static bool ShowAlone(WriteContext context, EncodedRow row, bool isFirst, DigestChange change)
    {
        // Where the row is most likely new, what stands in its place is read only where something does.
        if (!(isFirst || row.Row.Birth == row.Row.Sequence) || !EntityTable.TryAddServer(context.Connection, row))
        {
            var held = EntityTable.FindServerDigest(context.Connection, row.Key);
            if (!EntityTable.SaveNewer(context.Connection, row)) return false;
            change.Subtract(row.Key.Type, held);
        }

        change.Add(row.Key.Type, row.Digest);
        context.NoteChanged(row.Key);
        return true;
    }

    private static void Count(WriteContext context, DigestChange change)
    {
        var digests = context.Meta.Digests;
        context.Meta = context.Meta with { Digests = digests with { Shown = change.ApplyTo(digests.Shown) } };
    }

    private static void MoveCursor(WriteContext context, ChangePage page) => context.Meta = context.Meta with
    {
        Cursor = Math.Max(context.Meta.Cursor, page.Cursor),
        Lineage = page.Lineage,
        PageToken = default,
        Resyncing = false,
        Types = context.Meta.Types.FilledThrough == 0 ? context.Meta.Types : context.Meta.Types with { FilledThrough = 0 },
    };

    private static void Complete(WriteContext context, ChangePage page, SettledRetention retention)
    {
        var (connection, resyncing) = (context.Connection, context.Meta.Resyncing);
        MoveCursor(context, page);
        if (resyncing) Recovery.OnResynced(context);
        // Rows that stand alone, once what the cursor covers has left the overlay, are moved as they are and not computed.
        var rebase = StagingTable.CoveredWithoutRow(connection, context.Meta.Cursor, always: resyncing).ToHashSet();
        retention.Prune(context);
        if (resyncing)
        {
            RemoveNotBrought(context, rebase);
            context.NoteEvent(new SyncEvent.Resynced());
        }

        var change = new DigestChange();
        foreach (var row in StagingTable.UnderOperations(connection))
        {
            RebaseOver(context, row, always: resyncing);
            change.Subtract(row.Key.Type, RowDigest.Of(row));
            rebase.Remove(row.Key);
        }

        if (StagingTable.Keys(connection, MostNamed) is { } keys) keys.ForEach(context.NoteChanged);
        else context.NoteAnyChanged();
        StagingTable.Show(connection, always: resyncing, change);
        context.Meta = context.Meta with { Digests = context.Meta.Digests.WithStagedShown() };
        Count(context, change);
        foreach (var key in rebase) Rebase.Run(context, key);
        DigestCheck.Run(context, page);
    }

    /// <summary>Computes the local row of an entity with operations over this row of the server, or the one that is held where it is as new.</summary>
    private static void RebaseOver(WriteContext context, EntityRow row, bool always)
    {
        if (always || row.Sequence > EntityTable.FindServerSequence(context.Connection, row.Key)) Rebase.Run(context, row.Key, row);
        else Rebase.Run(context, row.Key);
    }

    private static void RemoveNotBrought(WriteContext context, HashSet<EntityKey> rebase)
    {
        foreach (var key in StagingTable.NotBrought(context.Connection))
        {
            // The server has purged it, or never had it in this lineage; pending operations stand on nothing now.
            Rebase.Run(context, key, server: null);
            rebase.Remove(key);
        }
    }
}
