using OrleansSync.Client.Conflicts;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>What the log knows of an operation without decoding it.</summary>
internal sealed record OperationEntry(
    long Counter, OperationId Id, EntityKey Entity, OperationStatus Status, int Failures, bool Answered, TransactionId? Transaction, long WrittenAt,
    Replay Replay);

/// <summary>An operation over the server's row, with the device's time of writing (becomes a pending tombstone's time).</summary>
internal readonly record struct OverlayOperation(Operation Operation, long WrittenAt);

/// <summary>An operation with what has become of it.</summary>
internal sealed record LoggedOperation(
    long Counter, Operation Operation, OperationStatus Status, RejectionReason Reason, string? Code, string? Message, int Failures,
    DateTimeOffset WrittenAt);

/// <summary>The rows of the table operations.</summary>
internal static class OperationTable
{
    // The numbers stand for OperationStatus: 0 pending, 2 synced, 3 failed, 4 dead letter.
    public const string EntryColumns = "counter, operation_id, type, id, status, failures, outcome IS NOT NULL, transaction_id, written_at, replay";

    private const string IsOverlay =
        "type = ?1 AND id = ?2 AND (status IN (0, 3) OR (status = 2 AND outcome <> 4 AND outcome_sequence > ?3)) AND (replay <> 1 OR ?4)";

    // SQLite sees that the index of statuses, which does not hold what is pending, can answer where the index's own condition stands.
    private const string IsIndexed = "status > 0";

    public const string IsDeadLetter = $"{IsIndexed} AND status = 4";

    public const string IsUnsettled = "status <> 2";

    /// <summary>The cursor ?1 covers it: its effect is in the rows. That of a parked one (outcome 4) is a row of the conflict inbox.</summary>
    public const string IsCovered = $"{IsIndexed} AND status = 2 AND outcome_sequence <= ?1";

    public static void Append(
        LocalConnection connection, Operation operation, byte[] payload, long writtenAt, Replay replay = Replay.None) => connection.Execute(
        """
        INSERT INTO operations(counter, operation_id, type, id, kind, transaction_id, transaction_index, transaction_count,
          payload, size, status, written_at, replay)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12)
        """,
        operation.Counter, MetaTable.ToBytes(operation.Id.Value), operation.Entity.Type, operation.Entity.Id, (long)operation.Kind,
        operation.Transaction is { } transaction ? MetaTable.ToBytes(transaction.Id.Value) : null,
        operation.Transaction?.Index, operation.Transaction?.Count, payload, payload.Length, writtenAt, (long)replay);

    /// <summary>
    /// The operations that the local row holds over the server's: all that are not settled, and those whose outcome the
    /// visible cursor has not reached (a parked one leaves at once: its effect is in no row). In log order.
    /// </summary>
    public static List<OverlayOperation> Overlay(LocalConnection connection, EntityKey key, LocalMeta meta) => connection.Query(
        $"SELECT payload, written_at FROM operations WHERE {IsOverlay} ORDER BY counter",
        static reader => new OverlayOperation(OperationEncoding.Decode(reader.Blob(0)), reader.Int64(1)),
        key.Type, key.Id, meta.Cursor, ShowsReplays(key, meta));

    /// <summary>The oldest operation of the overlay.</summary>
    public static Operation? FirstOfOverlay(LocalConnection connection, EntityKey key, LocalMeta meta) => connection.QueryFirst(
        $"SELECT payload FROM operations WHERE {IsOverlay} ORDER BY counter LIMIT 1",
        static reader => OperationEncoding.Decode(reader.Blob(0)),
        key.Type, key.Id, meta.Cursor, ShowsReplays(key, meta));

    /// <summary>
    /// What was settled before the server was restored has its effect in the rows of before, until those of now are here; and in none of a type
    /// that is not held.
    /// </summary>
    private static long ShowsReplays(EntityKey key, LocalMeta meta) =>
        meta.Recovery is { RowsAreOfBefore: false } && meta.Types.Holds(key.Type) ? 1 : 0;

    /// <summary>Entities with operations that are not dead letters.</summary>
    public static List<EntityKey> Entities(LocalConnection connection) => connection.Query(
        "SELECT DISTINCT type, id FROM operations WHERE status < 4",
        static reader => EntityTable.KeyOf(reader, 0));

    /// <summary>Entities with an operation that a cursor covers, and that is not kept for inspection.</summary>
    public static HashSet<EntityKey> Covered(LocalConnection connection, long cursor) => connection.Query(
        $"SELECT DISTINCT type, id FROM operations WHERE {IsCovered}",
        static reader => EntityTable.KeyOf(reader, 0), cursor).ToHashSet();

    /// <summary>The entity has operations that are not dead letters: its local row has to be computed.</summary>
    public static bool HasOpen(LocalConnection connection, EntityKey key) => connection.Number(
        "SELECT 1 FROM operations WHERE type = ?1 AND id = ?2 AND status < 4 LIMIT 1", key.Type, key.Id) is not null;

    /// <summary>Some entity has.</summary>
    public static bool AnyOpen(LocalConnection connection) =>
        connection.Number("SELECT 1 FROM operations WHERE status < 4 LIMIT 1") is not null;

    /// <summary>Entities with several pending operations that stand alone.</summary>
    public static List<EntityKey> WithSeveralPending(LocalConnection connection) => connection.Query(
        "SELECT type, id FROM operations WHERE status = 0 AND transaction_id IS NULL GROUP BY type, id HAVING count(*) > 1",
        static reader => EntityTable.KeyOf(reader, 0));

    /// <summary>All operations of an entity, in log order.</summary>
    public static List<(OperationEntry Entry, Operation Operation)> OfEntity(LocalConnection connection, EntityKey key) => connection.Query(
        $"SELECT {EntryColumns}, payload FROM operations WHERE type = ?1 AND id = ?2 ORDER BY counter",
        static reader => (ReadEntry(reader), OperationEncoding.Decode(reader.Blob(10))), key.Type, key.Id);

    /// <summary>All operations without an outcome that are not dead letters, in log order.</summary>
    public static List<(OperationEntry Entry, Operation Operation)> Waiting(LocalConnection connection) => connection.Query(
        $"SELECT {EntryColumns}, payload FROM operations WHERE status IN (0, 3) ORDER BY counter",
        static reader => (ReadEntry(reader), OperationEncoding.Decode(reader.Blob(10))));

    /// <summary>Operations that the server has not taken, or that wait in its conflict inbox.</summary>
    public static long Unsynced(LocalConnection connection) => connection.Number(
        $"SELECT count(*) FROM operations WHERE {IsUnsettled} OR outcome = 4")!.Value;

    public static OperationEntry? Find(LocalConnection connection, OperationId id) => connection.QueryFirst(
        $"SELECT {EntryColumns} FROM operations WHERE operation_id = ?1", ReadEntry, MetaTable.ToBytes(id.Value));

    /// <summary>The operations with these counters, as far as they are there.</summary>
    public static void ScanRange(LocalConnection connection, long first, long last, Action<OperationEntry> visit) => connection.Scan(
        $"SELECT {EntryColumns} FROM operations WHERE counter BETWEEN ?1 AND ?2",
        reader =>
        {
            visit(ReadEntry(reader));
            return true;
        },
        first, last);

    /// <summary>Operations for which a condition holds, in log order; also of a file whose format was not brought up to date, with IN_FLIGHT (1).</summary>
    public static List<LoggedOperation> Page(LocalConnection connection, string condition, long after, int limit) => connection.Query(
        $"""
        SELECT counter, payload, iif(status = 1, 0, status), ifnull(reason, 0), error_code, error_message, failures, written_at FROM operations
        WHERE {condition} AND counter > ?1 ORDER BY counter LIMIT ?2
        """,
        static reader => new LoggedOperation(
            reader.Int64(0),
            OperationEncoding.Decode(reader.Blob(1)),
            (OperationStatus)reader.Int32(2),
            (RejectionReason)reader.Int32(3),
            reader.IsNull(4) ? null : reader.Text(4),
            reader.IsNull(5) ? null : reader.Text(5),
            reader.Int32(6),
            DateTimeOffset.FromUnixTimeMilliseconds(reader.Int64(7))),
        after, limit);

    public static List<OperationEntry> OfTransaction(LocalConnection connection, TransactionId id) => connection.Query(
        $"SELECT {EntryColumns} FROM operations WHERE transaction_id = ?1 ORDER BY counter", ReadEntry, MetaTable.ToBytes(id.Value));

    public static Operation Read(LocalConnection connection, long counter) => connection.QueryFirst(
        "SELECT payload FROM operations WHERE counter = ?1",
        static reader => OperationEncoding.Decode(reader.Blob(0)), counter)!;

    /// <param name="connection">The database.</param>
    /// <param name="inFlight">What is on its way as of this state of the database.</param>
    public static LogRest Rest(LocalConnection connection, InFlight inFlight) =>
        new(WaitingScan.First(connection, inFlight.Passed) is not null, inFlight.Any);

    public static void MarkFailed(LocalConnection connection, long counter, OperationStatus status, int failures, OperationFailure failure) =>
        connection.Execute(
            "UPDATE operations SET status = ?2, failures = ?3, error_code = ?4, error_message = ?5 WHERE counter = ?1",
            counter, (long)status, failures, failure.Code, failure.Message);

    /// <summary>Records one outcome of a run of operations.</summary>
    public static void MarkSettled(LocalConnection connection, CounterRun run, OperationStatus status, OperationOutcome outcome) =>
        connection.Execute(
            """
            UPDATE operations SET status = ?3, outcome = ?4, reason = ?5, outcome_sequence = ?6, error_code = ?7, error_message = ?8
            WHERE counter BETWEEN ?1 AND ?2
            """,
            run.First, run.Last, (long)status, (long)outcome.Outcome.Kind, (long)outcome.Outcome.Reason, outcome.Outcome.Sequence,
            status == OperationStatus.DeadLetter ? outcome.Outcome.Reason.ToString() : null, outcome.Message);

    /// <summary>The highest commit that an outcome in the log names; 0: none.</summary>
    public static long HighestAnswered(LocalConnection connection) =>
        connection.Number($"SELECT max(outcome_sequence) FROM operations WHERE {IsIndexed} AND status = 2") ?? 0;

    /// <summary>
    /// What the server has answered may be lost: it waits to be sent again. Nothing of it is in the rows that are held, nor of what was being sent
    /// again already, unless they say so.
    /// </summary>
    public static void Reopen(LocalConnection connection, bool rowsHaveReplays)
    {
        if (!rowsHaveReplays) connection.Execute("UPDATE operations SET replay = 2 WHERE replay = 1");
        connection.Execute(
            $"""
            UPDATE operations SET status = 0, failures = 0, outcome = NULL, reason = NULL, outcome_sequence = NULL, error_code = NULL, error_message = NULL,
              replay = iif(replay = 0, 2, replay)
            WHERE {IsIndexed} AND status = 2
            """);
    }

    /// <summary>What the server has answered is of no sequence any more: the next complete pull covers it.</summary>
    public static void ForgetSequences(LocalConnection connection) =>
        connection.Execute($"UPDATE operations SET outcome_sequence = 0 WHERE {IsIndexed} AND status = 2");

    /// <summary>The counters of what is sent again, in log order.</summary>
    public static List<long> Replayed(LocalConnection connection) => connection.Query(
        "SELECT counter FROM operations WHERE replay > 0 AND status IN (0, 3) ORDER BY counter", static reader => reader.Int64(0));

    /// <summary>Removes what is left of transactions of which something is not kept any more.</summary>
    public static void RemoveIncomplete(LocalConnection connection) => connection.Execute(
        """
        DELETE FROM operations WHERE replay = 1 AND transaction_id IN (
          SELECT transaction_id FROM operations WHERE transaction_id IN (SELECT transaction_id FROM operations WHERE replay = 1 AND transaction_id IS NOT NULL)
          GROUP BY transaction_id HAVING count(*) < max(transaction_count))
        """);

    /// <summary>Puts what an operation has become in its place.</summary>
    public static void Rewrite(LocalConnection connection, Operation operation)
    {
        var payload = OperationEncoding.Encode(operation);
        connection.Execute(
            "UPDATE operations SET kind = ?2, payload = ?3, size = ?4 WHERE counter = ?1",
            operation.Counter, (long)operation.Kind, payload, payload.Length);
    }

    /// <summary>The same for one that has become another operation.</summary>
    public static void Replace(LocalConnection connection, Operation operation)
    {
        Rewrite(connection, operation);
        connection.Execute(
            "UPDATE operations SET operation_id = ?2, transaction_id = ?3 WHERE counter = ?1",
            operation.Counter, MetaTable.ToBytes(operation.Id.Value), operation.Transaction is { } transaction ? MetaTable.ToBytes(transaction.Id.Value) : null);
    }

    public static void Remove(LocalConnection connection, long counter) =>
        connection.Execute("DELETE FROM operations WHERE counter = ?1", counter);

    /// <summary>
    /// Where an entity stands: a dead letter weighs more than a parked operation, that more than one on its way.
    /// </summary>
    public static EntitySyncState StateOf(LocalConnection connection, EntityKey key)
    {
        var weightiest = connection.Number(
            "SELECT max(iif(status = 4, 3, iif(outcome = 4, 2, 1))) FROM operations WHERE type = ?1 AND id = ?2", key.Type, key.Id);
        if (weightiest == 3) return EntitySyncState.DeadLetter;
        if (weightiest == 2 || ConflictRows.Any(connection, key)) return EntitySyncState.Conflict;
        return weightiest == 1 ? EntitySyncState.Pending : EntitySyncState.Synced;
    }

    /// <summary>Ids of a type's entities with a dead letter.</summary>
    public static HashSet<string> LettersOf(LocalConnection connection, string type) => connection.Query(
        $"SELECT id FROM operations WHERE {IsDeadLetter} AND type = ?1", static reader => reader.Text(0), type).ToHashSet(StringComparer.Ordinal);

    /// <summary>Ids of a type's entities with an operation in the conflict inbox, or on its way there.</summary>
    public static HashSet<string> ParkedOf(LocalConnection connection, string type) => connection.Query(
        $"SELECT id FROM operations WHERE {IsIndexed} AND status = 2 AND outcome = 4 AND type = ?1", static reader => reader.Text(0), type)
        .Concat(ConflictRows.Of(connection, type)).ToHashSet(StringComparer.Ordinal);

    /// <summary>The lowest counter without an outcome of the server; <c>null</c>: there is none.</summary>
    public static long? LowestUnanswered(LocalConnection connection, InFlight inFlight)
    {
        long? lowest = null;
        foreach (var batch in inFlight.Batches) NoteLowest(batch[0].Counter);
        NoteLowest(WaitingScan.First(connection, inFlight.Passed));
        NoteLowest(connection.Number(
            $"SELECT counter FROM operations WHERE {IsDeadLetter} AND outcome_sequence IS NULL ORDER BY counter LIMIT 1"));
        return lowest;

        void NoteLowest(long? counter)
        {
            if (counter < (lowest ?? long.MaxValue)) lowest = counter;
        }
    }

    public static LogDepth Depth(LocalConnection connection, InFlight inFlight)
    {
        var all = connection.Number("SELECT count(*) FROM operations")!.Value;
        var counts = connection.Query(
            $"SELECT status, count(*) FROM operations WHERE {IsIndexed} GROUP BY status",
            static reader => (Status: (OperationStatus)reader.Int32(0), Count: reader.Int32(1)))
            .ToDictionary(static row => row.Status, static row => row.Count);
        var deadLetters = counts.GetValueOrDefault(OperationStatus.DeadLetter);
        var open = all - deadLetters - counts.GetValueOrDefault(OperationStatus.Synced);
        var onTheirWay = inFlight.Operations
            .Select(operation => connection.Number("SELECT written_at FROM operations WHERE counter = ?1 AND status IN (0, 3)", operation.Counter))
            .OfType<long>().ToList();
        var waiting = WaitingScan.First(connection, inFlight.Passed) is { } first
            ? connection.Number("SELECT written_at FROM operations WHERE counter = ?1", first)
            : null;
        long? oldest = onTheirWay.Count > 0 ? Math.Min(onTheirWay.Min(), waiting ?? long.MaxValue) : waiting;
        return new LogDepth(
            (int)open - onTheirWay.Count,
            onTheirWay.Count,
            deadLetters,
            oldest is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
    }

    public static OperationEntry ReadEntry(SqliteStatement reader) => new(
        reader.Int64(0),
        new OperationId(reader.Guid(1)),
        EntityOf(reader),
        StatusOf(reader),
        FailuresOf(reader),
        reader.Int64(6) != 0,
        TransactionOf(reader),
        reader.Int64(8),
        (Replay)reader.Int32(9));

    // Parts of an entry, for who goes through many.
    public static EntityKey EntityOf(SqliteStatement reader) => EntityTable.KeyOf(reader, 2);

    public static OperationStatus StatusOf(SqliteStatement reader) => (OperationStatus)reader.Int32(4);

    public static int FailuresOf(SqliteStatement reader) => reader.Int32(5);

    public static TransactionId? TransactionOf(SqliteStatement reader) => reader.IsNull(7) ? null : new TransactionId(reader.Guid(7));
}
