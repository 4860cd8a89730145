using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Chooses the operations of the next batch. An entity is never in two batches on their way, and of its operations none
/// overtakes an earlier one. A transaction travels alone and whole; so does an operation whose batch has failed before,
/// because then an answer tells which operation is at fault.
/// </summary>
internal sealed class BatchSelector(LocalConnection connection, InFlight inFlight, IReadOnlySet<EntityKey> busy, Limits limits)
{
    /// <summary>How far to look past operations that cannot leave yet.</summary>
    private const int ScanLimit = 5_000;

    private readonly HashSet<EntityKey> _blocked = [.. busy];
    private readonly HashSet<TransactionId> _decided = [];
    private readonly List<Operation> _taken = [];
    private readonly List<CounterRun> _runs = [];
    private long _bytes;
    private int _scanned;
    private bool _passedOne;

    /// <summary>The log may have others that can leave at once: it was not looked through to its end, or some only did not fit with these.</summary>
    public bool MayBeMore { get; private set; }

    /// <summary>What is on its way, with what this search has learned.</summary>
    public InFlight InFlight { get; private set; } = inFlight;

    /// <summary>Where those that were taken stand in the log: between those of a run there is no other that waits.</summary>
    public IReadOnlyList<CounterRun> Runs => _runs;

    /// <summary>The operations to take, in log order; empty: nothing can leave now.</summary>
    public IReadOnlyList<Operation> Select(long through)
    {
        var scan = new WaitingScan(connection, InFlight.Passed);
        if (!scan.Run(through, Visit)) MayBeMore = true;
        InFlight = InFlight.WithPassed(scan.Passed);
        return _taken;
    }

    private bool Visit(SqliteStatement reader)
    {
        var before = _taken.Count;
        var goesOn = Look(reader);
        _passedOne |= _taken.Count == before;
        return goesOn;
    }

    private bool Look(SqliteStatement reader)
    {
        if (++_scanned > ScanLimit) return false;
        if (OperationTable.TransactionOf(reader) is { } transaction) return VisitTransaction(transaction);
        var entity = OperationTable.EntityOf(reader);
        if (IsBlocked(entity)) return true;
        var alone = OperationTable.FailuresOf(reader) > 0;
        if (alone && _taken.Count > 0)
        {
            MayBeMore = true;
            _blocked.Add(entity);
            return true;
        }

        var size = reader.Int32(10);
        if (_taken.Count > 0 && _bytes + size > limits.BatchBytes) return false;
        Take(OperationEncoding.Decode(reader.Blob(11)));
        _bytes += size;
        return !alone && _taken.Count < limits.BatchOperations;
    }

    private void Take(Operation operation)
    {
        _taken.Add(operation);
        if (_runs.Count == 0 || _passedOne) _runs.Add(new CounterRun(operation.Counter, operation.Counter));
        else _runs[^1] = _runs[^1] with { Last = operation.Counter };
        _passedOne = false;
    }

    private bool IsBlocked(EntityKey entity) => _blocked.Contains(entity) || InFlight.Holds(entity);

    private bool VisitTransaction(TransactionId transaction)
    {
        if (!_decided.Add(transaction)) return true;
        var members = OperationTable.OfTransaction(connection, transaction);
        if (_taken.Count == 0 && members.TrueForAll(member => !IsBlocked(member.Entity)))
        {
            foreach (var member in members) Take(OperationTable.Read(connection, member.Counter));
            return false;
        }

        if (_taken.Count > 0) MayBeMore = true;
        foreach (var member in members) _blocked.Add(member.Entity);
        return true;
    }
}
