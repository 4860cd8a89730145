using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>The dead letters in the table operations.</summary>
internal static class DeadLetterTable
{
    public static List<LoggedOperation> Page(LocalConnection connection, long after, int limit) =>
        OperationTable.Page(connection, OperationTable.IsDeadLetter, after, limit);

    /// <summary>Writes a letter (with its transaction) anew and removes it, in one transaction.</summary>
    /// <param name="context">The transaction.</param>
    /// <param name="id">The letter.</param>
    /// <param name="edit">What it shall change instead; <c>null</c>: the same.</param>
    /// <param name="now">The device's clock.</param>
    public static WriteReceipt Retry(
        WriteContext context, OperationId id, Func<IEnumerable<FieldChange>, IEnumerable<FieldChange>>? edit, DateTimeOffset now)
    {
        var set = new WriteSet(context, now);
        foreach (var operation in Take(context, id))
            set.Replay(operation.Kind, operation.Entity, edit is not null && operation.Id == id ? edit(operation.Changes) : operation.Changes);
        return set.Flush();
    }

    /// <summary>Removes a letter, with those of its transaction; returns the operations in log order.</summary>
    public static List<Operation> Take(WriteContext context, OperationId id)
    {
        if (OperationTable.Find(context.Connection, id) is not { Status: OperationStatus.DeadLetter } entry) throw StoreErrors.LetterGone(id);
        var entries = entry.Transaction is { } transaction ? OperationTable.OfTransaction(context.Connection, transaction) : [entry];
        entries.RemoveAll(static one => one.Status != OperationStatus.DeadLetter);
        var operations = entries.ConvertAll(one => OperationTable.Read(context.Connection, one.Counter));
        foreach (var one in entries) OperationTable.Remove(context.Connection, one.Counter);
        LocalLog.NoteDoneBelow(context);
        return operations;
    }
}
