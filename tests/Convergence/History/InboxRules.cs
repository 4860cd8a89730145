using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Convergence.Tests.History;

/// <summary>
/// What of one commit has to wait in the conflict inbox, told from the inbox before it: what met another device's change, what comes after
/// something of its device that waits, and the rest of their transactions. A decision never waits.
/// </summary>
internal sealed class InboxRules
{
    private readonly SyncSchema _schema;
    private readonly List<(Operation Operation, bool HasReason)> _parked = [];
    private readonly HashSet<TransactionId> _decisions;

    // Whether what waits is part of a transaction: only that holds up operations of other policies.
    private readonly Dictionary<(EntityKey, DeviceId), bool> _waiting = [];

    public InboxRules(SyncSchema schema, Oracle before, IEnumerable<Operation> operations)
    {
        _schema = schema;
        foreach (var key in before.Keys)
        {
            if (key.Type == ParkedOperation.Type && before.Last(key) is { Deleted: false } row) Waits(ParkedOperation.Read(row).ToOperation());
        }

        _decisions = [.. operations.Where(static operation => operation is { Entity.Type: ParkedOperation.Type, Transaction: not null })
            .Select(static operation => operation.Transaction!.Id)];
    }

    /// <summary>The row that it waits in; who asks and when it was asked is the server's to say.</summary>
    public static EntityRow? RowOf(Operation operation, ScopeCommit commit)
    {
        var key = ParkedOperation.KeyOf(operation.Id);
        foreach (var (row, _) in commit.Rows)
        {
            if (row.Key != key || row.Deleted) continue;
            var committed = ParkedOperation.Read(row);
            return ParkedOperation.Of(operation, committed.Group, committed.ParkedAt).ToRow(commit.Sequence);
        }

        return null;
    }

    /// <summary>It settles a question, or is written in one transaction with that.</summary>
    public bool IsDecision(Operation operation) => operation.Transaction is { } transaction
        ? _decisions.Contains(transaction.Id)
        : operation.Entity.Type == ParkedOperation.Type;

    public bool HasToWait(Operation operation)
    {
        if (IsDecision(operation)) return false;
        return _waiting.TryGetValue((operation.Entity, operation.Device), out var inTransaction)
            && (inTransaction || Rows.SchemaOf(_schema, operation.Entity).Policy == ConflictPolicy.Manual);
    }

    /// <param name="operation">What the commit has parked, in timestamp order.</param>
    /// <param name="isConcurrent">It met a change that its device did not know.</param>
    public void Parked(Operation operation, bool isConcurrent)
    {
        _parked.Add((operation, isConcurrent || HasToWait(operation)));
        Waits(operation);
    }

    /// <summary>Of transactions one member with a reason is enough.</summary>
    public IEnumerable<OperationId> ParkedWithoutReason() => _parked
        .GroupBy(static one => one.Operation.Transaction?.Id.Value ?? one.Operation.Id.Value)
        .Where(static unit => !unit.Any(static one => one.HasReason)).Select(static unit => unit.First().Operation.Id);

    private void Waits(Operation operation)
    {
        var key = (operation.Entity, operation.Device);
        _waiting[key] = _waiting.GetValueOrDefault(key) || operation.Transaction is not null;
    }
}
