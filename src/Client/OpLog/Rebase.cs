using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>Keeps the equation of the local database: local row = server row + pending operations, by the server's own rules.</summary>
internal static class Rebase
{
    /// <summary>
    /// Births of pending rows lie above every `seen`, and nothing that is pending can have a number of the server's.
    /// </summary>
    public const long PendingSequence = long.MaxValue;

    /// <summary>Applies one operation; the row is the given one where the rules refuse it.</summary>
    public static MergeResult Apply(EntityRow? row, Operation operation, long writtenAt, LocalMeta meta)
    {
        // A type that the server has stopped accepting keeps what it shows until the server has refused the operations.
        var schema = meta.Schema.Find(operation.Entity.Type) ?? EntitySchema.Undeclared(operation.Entity.Type);
        // What these policies do with a concurrent change only the server can say: until it does, the user sees their edit.
        if (schema.Policy is ConflictPolicy.Manual or ConflictPolicy.Reject or ConflictPolicy.Custom)
            schema = schema with { Policy = ConflictPolicy.FieldMerge };
        return Merge.Apply(row, operation, new MergeContext(schema, PendingSequence, writtenAt, meta.Limits) { Lost = meta.Lost });
    }

    /// <summary>Computes the local row anew after the server's row has changed.</summary>
    public static void Run(WriteContext context, EntityKey key, EntityRow? server)
    {
        var held = EntityTable.FindServerDigest(context.Connection, key);
        var kept = Compute(context, key, server) ? RowDigest.Of(server) : default;
        Count(context, key.Type, kept - held);
    }

    /// <summary>The same after the overlay or the schema has changed, with the server's row that the database holds.</summary>
    public static void Run(WriteContext context, EntityKey key)
    {
        var server = EntityTable.FindServerRow(context.Connection, key);
        if (!Compute(context, key, server)) Count(context, key.Type, default(RowDigest) - RowDigest.Of(server));
    }

    /// <summary>False: the row is not held any more.</summary>
    private static bool Compute(WriteContext context, EntityKey key, EntityRow? server)
    {
        var local = server;
        var overlay = OperationTable.Overlay(context.Connection, key, context.Meta);
        foreach (var (operation, writtenAt) in overlay) local = Apply(local, operation, writtenAt, context.Meta).Row;

        context.NoteChanged(key);
        if (local is null || (overlay.Count == 0 && !context.Meta.Types.Holds(key.Type)))
        {
            EntityTable.Remove(context.Connection, key);
            return false;
        }

        if (overlay.Count > 0) EntityTable.SavePending(context.Connection, local, server);
        else EntityTable.SaveServer(context.Connection, local);
        return true;
    }

    private static void Count(WriteContext context, string type, RowDigest change)
    {
        if (change == default) return;
        var digests = context.Meta.Digests;
        context.Meta = context.Meta with { Digests = digests.WithShown(type, digests.Of(type) + change) };
    }
}
