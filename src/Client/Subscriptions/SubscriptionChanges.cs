using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;

namespace OrleansSync.Client.Subscriptions;

/// <summary>
/// Adds types to what a database holds and takes them away. A type that is added is read with a cursor of its own, into a table of its
/// own, while the others go on; when it is complete it joins them, and its rows are shown with the next complete pull. So all that is
/// visible is always as of one cursor.
/// </summary>
internal static class SubscriptionChanges
{
    /// <summary>False: it was asked for before.</summary>
    public static bool Add(WriteContext context, string type)
    {
        var types = context.Meta.Types;
        if (types.Includes(type)) return false;
        // With nothing pulled yet, or everything to be pulled again, there is nothing to catch up with.
        if (context.Meta.Cursor > 0) context.Meta = context.Meta with { Types = types with { Filling = types.Filling.Add(type) } };
        else Join(context, type);
        return true;
    }

    /// <summary>False: it was not asked for. Its rows go; one with operations that are not settled stays until they are.</summary>
    public static bool Remove(WriteContext context, string type)
    {
        var types = context.Meta.Types;
        if (types.Joined is not { } joined || !types.Includes(type)) return false;
        if (types.Filling is [var first, ..] && first == type) StopFilling(context);
        if (joined.Contains(type))
        {
            // A pull that was interrupted is one of other types than the next.
            if (context.Meta.Cursor == 0) ClearStaging(context);
            else StagingTable.Remove(context.Connection, type);
            var digests = context.Meta.Digests;
            context.Meta = context.Meta with { PageToken = default, Digests = digests with { Staged = digests.Staged.Remove(type) } };
        }

        types = context.Meta.Types;
        context.Meta = context.Meta with { Types = types with { Joined = joined.Remove(type), Filling = types.Filling.Remove(type) } };
        if (EntityTable.Evict(context.Connection, type) == 0) return true;
        context.NoteAnyChanged();
        var left = EntityTable.ServerDigestOf(context.Connection, type);
        context.Meta = context.Meta with { Digests = context.Meta.Digests.WithShown(type, left) };
        return true;
    }

    /// <summary>Takes in a page of the type that is being filled. One of another type comes from a reading that has ended.</summary>
    public static void ApplyFill(WriteContext context, string type, ChangePage page)
    {
        var types = context.Meta.Types;
        if (types.Filling is not [var first, ..] || first != type) return;
        Settlement.Record(context, page.Outcomes);
        var filling = context.Meta.Digests.Filling;
        foreach (var row in page.Rows) filling += StagingTable.AddToFill(context.Connection, row);
        context.Meta = context.Meta with
        {
            Clock = PageApplier.ClockOf(context.Meta.Clock, page),
            Types = types with { FillToken = page.PageToken },
            Digests = context.Meta.Digests with { Filling = filling },
        };
        if (!page.Complete) return;
        // None of it is staged: rows of a type that has not joined are not.
        StagingTable.MoveFill(context.Connection);
        context.Meta = context.Meta with { Digests = context.Meta.Digests.WithFilled(type) };
        Join(context, type);
        context.Meta = context.Meta with { Types = context.Meta.Types with { FilledThrough = page.Cursor } };
    }

    /// <summary>Reading the type begins anew.</summary>
    public static void StopFilling(WriteContext context)
    {
        StagingTable.ClearFill(context.Connection);
        context.Meta = context.Meta with
        {
            Types = context.Meta.Types with { FillToken = default },
            Digests = context.Meta.Digests with { Filling = default },
        };
    }

    /// <summary>Everything is pulled again: what was being filled is part of it.</summary>
    public static void JoinAll(WriteContext context)
    {
        StopFilling(context);
        foreach (var type in context.Meta.Types.Filling) Join(context, type);
        context.Meta = context.Meta with { Types = context.Meta.Types with { FilledThrough = 0 } };
    }

    private static void Join(WriteContext context, string type)
    {
        var types = context.Meta.Types;
        context.Meta = context.Meta with
        {
            Types = types with { Joined = types.Joined!.Add(type), Filling = types.Filling.Remove(type), FillToken = default },
            PageToken = default,
        };
        // Of a pull from the start that was interrupted: it is one of other types now.
        if (context.Meta.Cursor == 0) ClearStaging(context);
    }

    private static void ClearStaging(WriteContext context)
    {
        StagingTable.Clear(context.Connection);
        context.Meta = context.Meta with { Digests = context.Meta.Digests.WithNothingStaged() };
    }
}
