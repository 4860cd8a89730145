using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>A dead letter as the log holds it.</summary>
internal sealed record DeadLetterEntry(
    long Counter, Operation Operation, RejectionReason Reason, string? Code, string? Message, int Failures, DateTimeOffset WrittenAt);

/// <summary>The dead letters in the table operations.</summary>
internal static class DeadLetterTable
{
    public static List<DeadLetterEntry> Page(LocalConnection connection, long after, int limit) => connection.Query(
        $"""
        SELECT counter, payload, ifnull(reason, 0), error_code, error_message, failures, written_at FROM operations
        WHERE {OperationTable.IsDeadLetter} AND counter > ?1 ORDER BY counter LIMIT ?2
        """,
        static reader => new DeadLetterEntry(
            reader.Int64(0),
            OperationEncoding.Decode(reader.Blob(1)),
            (RejectionReason)reader.Int32(2),
            reader.IsNull(3) ? null : reader.Text(3),
            reader.IsNull(4) ? null : reader.Text(4),
            reader.Int32(5),
            DateTimeOffset.FromUnixTimeMilliseconds(reader.Int64(6))),
        after, limit);

    /// <summary>Writes a letter (with its transaction) anew and removes it, in one transaction.</summary>
    public static WriteReceipt Retry(WriteContext context, OperationId id, DateTimeOffset now)
    {
        var set = new WriteSet(context, now);
        foreach (var operation in Take(context, id)) set.Replay(operation);
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
