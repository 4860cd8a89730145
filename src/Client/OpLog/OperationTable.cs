using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>What the log knows of an operation without decoding it.</summary>
internal sealed record OperationEntry(
    long Position, OperationId Id, EntityKey Entity, OperationStatus Status, int Failures, bool Answered, TransactionId? Transaction);

/// <summary>An operation over the server's row, with the device's time of writing (becomes a pending tombstone's time).</summary>
internal readonly record struct OverlayOperation(Operation Operation, long WrittenAt);

/// <summary>The rows of the table operations.</summary>
internal static class OperationTable
{
    // The numbers stand for OperationStatus: 0 pending, 1 in flight, 2 synced, 3 failed, 4 dead letter.
    private const string EntryColumns = "rowid, operation_id, type, id, status, failures, outcome IS NOT NULL, transaction_id";

    private const string IsOverlay =
        "type = ?1 AND id = ?2 AND (status IN (0, 1, 3) OR (status = 2 AND outcome <> 4 AND outcome_sequence > ?3))";

    public static void Append(LocalConnection connection, Operation operation, byte[] payload, long writtenAt) => connection.Execute(
        """
        INSERT INTO operations(operation_id, type, id, counter, kind, transaction_id, transaction_index, transaction_count,
          payload, size, status, written_at)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)
        """,
        MetaTable.ToBytes(operation.Id.Value), operation.Entity.Type, operation.Entity.Id, operation.Counter, (long)operation.Kind,
        operation.Transaction is { } transaction ? MetaTable.ToBytes(transaction.Id.Value) : null,
        operation.Transaction?.Index, operation.Transaction?.Count, payload, payload.Length, writtenAt);

    /// <summary>
    /// The operations that the local row holds over the server's: all that are not settled, and those whose outcome the
    /// visible cursor has not reached (a parked one leaves at once: its effect is in no row). In log order.
    /// </summary>
    public static List<OverlayOperation> Overlay(LocalConnection connection, EntityKey key, long cursor) => connection.Query(
        $"SELECT payload, written_at FROM operations WHERE {IsOverlay} ORDER BY rowid",
        static reader => new OverlayOperation(OperationEncoding.Decode(reader.Blob(0)), reader.Int64(1)),
        key.Type, key.Id, cursor);

    /// <summary>The oldest operation of the overlay.</summary>
    public static Operation? FirstOfOverlay(LocalConnection connection, EntityKey key, long cursor) => connection.QueryFirst(
        $"SELECT payload FROM operations WHERE {IsOverlay} ORDER BY rowid LIMIT 1",
        static reader => OperationEncoding.Decode(reader.Blob(0)),
        key.Type, key.Id, cursor);

    /// <summary>Entities with operations that are not dead letters.</summary>
    public static List<EntityKey> Entities(LocalConnection connection) => connection.Query(
        "SELECT DISTINCT type, id FROM operations WHERE status < 4",
        static reader => new EntityKey(reader.Text(0), reader.Text(1)));

    public static OperationEntry? Find(LocalConnection connection, OperationId id) => connection.QueryFirst(
        $"SELECT {EntryColumns} FROM operations WHERE operation_id = ?1", ReadEntry, MetaTable.ToBytes(id.Value));

    /// <summary>The operations at these positions, as far as they are there.</summary>
    public static void ScanRange(LocalConnection connection, long first, long last, Action<OperationEntry> visit) => connection.Scan(
        $"SELECT {EntryColumns} FROM operations WHERE rowid BETWEEN ?1 AND ?2",
        reader =>
        {
            visit(ReadEntry(reader));
            return true;
        },
        first, last);

    public static List<OperationEntry> OfTransaction(LocalConnection connection, TransactionId id) => connection.Query(
        $"SELECT {EntryColumns} FROM operations WHERE transaction_id = ?1 ORDER BY rowid", ReadEntry, MetaTable.ToBytes(id.Value));

    public static Operation Read(LocalConnection connection, long position) => connection.QueryFirst(
        "SELECT payload FROM operations WHERE rowid = ?1",
        static reader => OperationEncoding.Decode(reader.Blob(0)), position)!;

    /// <summary>Any operation is in flight.</summary>
    public static bool IsAnyInFlight(LocalConnection connection) => IsAny(connection, OperationStatus.InFlight);

    public static LogRest Rest(LocalConnection connection) => new(
        AnyPending: IsAny(connection, OperationStatus.Pending) || IsAny(connection, OperationStatus.Failed),
        AnyInFlight: IsAnyInFlight(connection));

    /// <summary>An operation of this entity is in flight.</summary>
    public static bool IsInFlight(LocalConnection connection, EntityKey key) => connection.Number(
        "SELECT 1 FROM operations INDEXED BY operations_entity WHERE type = ?1 AND id = ?2 AND status = 1 LIMIT 1", key.Type, key.Id) is not null;

    public static void MarkTaken(LocalConnection connection, long first, long last) => connection.Execute(
        "UPDATE operations SET status = 1, attempted = 1 WHERE rowid BETWEEN ?1 AND ?2", first, last);

    public static void MarkPending(LocalConnection connection, OperationId id) => connection.Execute(
        "UPDATE operations SET status = 0 WHERE operation_id = ?1 AND status = 1", MetaTable.ToBytes(id.Value));

    public static int MarkAllPending(LocalConnection connection) => connection.Execute("UPDATE operations SET status = 0 WHERE status = 1");

    public static void MarkFailed(LocalConnection connection, long position, OperationStatus status, int failures, OperationFailure failure) =>
        connection.Execute(
            "UPDATE operations SET status = ?2, failures = ?3, error_code = ?4, error_message = ?5 WHERE rowid = ?1",
            position, (long)status, failures, failure.Code, failure.Message);

    /// <summary>Records one outcome of all operations from one position to another.</summary>
    public static void MarkSettled(LocalConnection connection, long first, long last, OperationStatus status, OperationOutcome outcome) =>
        connection.Execute(
            """
            UPDATE operations SET status = ?3, outcome = ?4, reason = ?5, outcome_sequence = ?6, error_code = ?7, error_message = ?8
            WHERE rowid BETWEEN ?1 AND ?2
            """,
            first, last, (long)status, (long)outcome.Outcome.Kind, (long)outcome.Outcome.Reason, outcome.Outcome.Sequence,
            status == OperationStatus.DeadLetter ? outcome.Outcome.Reason.ToString() : null, outcome.Message);

    /// <summary>
    /// Removes the operations that a cursor covers: the server's journal has them, and their effect is in its rows. A
    /// parked one (outcome 4) stays, because its effect is in no row.
    /// </summary>
    public static void Prune(LocalConnection connection, long cursor) => connection.Execute(
        "DELETE FROM operations WHERE status = 2 AND outcome_sequence <= ?1 AND outcome <> 4", cursor);

    public static void Remove(LocalConnection connection, long position) =>
        connection.Execute("DELETE FROM operations WHERE rowid = ?1", position);

    /// <summary>
    /// Where an entity stands: a dead letter weighs more than a parked operation, that more than one on its way.
    /// </summary>
    public static EntitySyncState StateOf(LocalConnection connection, EntityKey key) => connection.Number(
        "SELECT max(iif(status = 4, 3, iif(outcome = 4, 2, 1))) FROM operations WHERE type = ?1 AND id = ?2", key.Type, key.Id) switch
    {
        null => EntitySyncState.Synced,
        1 => EntitySyncState.Pending,
        2 => EntitySyncState.Conflict,
        _ => EntitySyncState.DeadLetter,
    };

    /// <summary>The lowest counter without an outcome of the server; <c>null</c>: there is none.</summary>
    public static long? LowestUnanswered(LocalConnection connection)
    {
        long? lowest = null;
        foreach (var status in (ReadOnlySpan<OperationStatus>)
            [OperationStatus.Pending, OperationStatus.InFlight, OperationStatus.Failed, OperationStatus.DeadLetter])
        {
            // Counters grow along the log, so the first of each status is its lowest: no scan.
            var first = connection.Number(
                "SELECT counter FROM operations WHERE status = ?1 AND outcome_sequence IS NULL ORDER BY rowid LIMIT 1", (long)status);
            if (first < (lowest ?? long.MaxValue)) lowest = first;
        }

        return lowest;
    }

    public static LogDepth Depth(LocalConnection connection)
    {
        var counts = connection.Query(
            "SELECT status, count(*) FROM operations WHERE status IN (0, 1, 3, 4) GROUP BY status",
            static reader => (Status: (OperationStatus)reader.Int32(0), Count: reader.Int32(1)))
            .ToDictionary(static row => row.Status, static row => row.Count);
        var oldest = connection.Number(
            "SELECT written_at FROM operations WHERE status IN (0, 1, 3) AND outcome_sequence IS NULL ORDER BY rowid LIMIT 1");
        return new LogDepth(
            counts.GetValueOrDefault(OperationStatus.Pending) + counts.GetValueOrDefault(OperationStatus.Failed),
            counts.GetValueOrDefault(OperationStatus.InFlight),
            counts.GetValueOrDefault(OperationStatus.DeadLetter),
            oldest is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
    }

    private static bool IsAny(LocalConnection connection, OperationStatus status) =>
        connection.Number("SELECT 1 FROM operations WHERE status = ?1 LIMIT 1", (long)status) is not null;

    public static OperationEntry ReadEntry(SqliteStatement reader) => new(
        reader.Int64(0),
        new OperationId(MetaTable.ToGuid(reader.Blob(1))),
        new EntityKey(reader.Text(2), reader.Text(3)),
        (OperationStatus)reader.Int32(4),
        reader.Int32(5),
        (reader.Int64(6) != 0),
        reader.IsNull(7) ? null : new TransactionId(MetaTable.ToGuid(reader.Blob(7))));
}
