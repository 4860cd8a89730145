using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Chooses the operations of the next batch. An entity is never in two batches on their way, and of its operations none
/// overtakes an earlier one. A transaction travels alone and whole; so does an operation whose batch has failed before,
/// because then an answer tells which operation is at fault.
/// </summary>
internal sealed class BatchSelector(LocalConnection connection, IReadOnlySet<EntityKey> busy, Limits limits)
{
    /// <summary>How far to look past operations that cannot leave yet.</summary>
    private const int ScanLimit = 5_000;

    // The two halves come out of the index in log order and are merged, not sorted.
    private const string Waiting =
        """
        SELECT rowid, operation_id, type, id, status, failures, 0, transaction_id, size, payload
        FROM operations WHERE status = 0 AND outcome_sequence IS NULL AND counter <= ?1
        UNION ALL
        SELECT rowid, operation_id, type, id, status, failures, 0, transaction_id, size, payload
        FROM operations WHERE status = 3 AND outcome_sequence IS NULL AND counter <= ?1
        ORDER BY 1
        """;

    private readonly HashSet<EntityKey> _blocked = [.. busy];
    private readonly bool _isAnyInFlight = OperationTable.IsAnyInFlight(connection);
    private readonly HashSet<TransactionId> _decided = [];
    private readonly List<(long Position, Operation Operation)> _taken = [];
    private long _bytes;
    private int _scanned;

    /// <summary>The log may have others that can leave at once: it was not looked through to its end, or some only did not fit with these.</summary>
    public bool MayBeMore { get; private set; }

    /// <summary>The operations to take and their positions, in log order; empty: nothing can leave now.</summary>
    public IReadOnlyList<(long Position, Operation Operation)> Select(long through)
    {
        if (!connection.Scan(Waiting, reader => Visit(OperationTable.ReadEntry(reader), reader), through)) MayBeMore = true;
        return _taken;
    }

    private bool Visit(OperationEntry entry, SqliteStatement reader)
    {
        if (++_scanned > ScanLimit) return false;
        if (entry.Transaction is { } transaction) return VisitTransaction(transaction);
        if (IsBlocked(entry.Entity)) return true;
        var alone = entry.Failures > 0;
        if (alone && _taken.Count > 0)
        {
            MayBeMore = true;
            _blocked.Add(entry.Entity);
            return true;
        }

        var size = reader.Int32(8);
        if (_taken.Count > 0 && _bytes + size > limits.BatchBytes) return false;
        _taken.Add((entry.Position, OperationEncoding.Decode(reader.Blob(9))));
        _bytes += size;
        return !alone && _taken.Count < limits.BatchOperations;
    }

    /// <summary>Asked entity by entity: several batches on their way hold more entities than the next one looks at.</summary>
    private bool IsBlocked(EntityKey entity)
    {
        if (_blocked.Contains(entity)) return true;
        if (!_isAnyInFlight || !OperationTable.IsInFlight(connection, entity)) return false;
        _blocked.Add(entity);
        return true;
    }

    private bool VisitTransaction(TransactionId transaction)
    {
        if (!_decided.Add(transaction)) return true;
        var members = OperationTable.OfTransaction(connection, transaction);
        if (_taken.Count == 0 && members.TrueForAll(member => !IsBlocked(member.Entity)))
        {
            foreach (var member in members) _taken.Add((member.Position, OperationTable.Read(connection, member.Position)));
            return false;
        }

        if (_taken.Count > 0) MayBeMore = true;
        foreach (var member in members) _blocked.Add(member.Entity);
        return true;
    }
}
