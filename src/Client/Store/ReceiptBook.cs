using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>The receipts whose outcome is not known yet. As large as the part of the log that this process wrote.</summary>
internal sealed class ReceiptBook
{
    private readonly ConcurrentDictionary<OperationId, WriteReceipt> _open = new();

    private readonly ConcurrentDictionary<OperationId, ImmutableList<OperationId>> _absorbed = new();

    public void Enter(WriteReceipt receipt)
    {
        // Counted: an enumerator would be an object a write.
        for (var i = 0; i < receipt.Operations.Count; i++) _open[receipt.Operations[i]] = receipt;
    }

    /// <summary>The operation shares the end of the one that it is part of; one that has become nothing has had its effect.</summary>
    public void Absorb(AbsorbedOperation absorbed)
    {
        if (absorbed.Into is not { } into) Settle(new SettledOperation(absorbed.Operation, new WriteOutcome(OutcomeKind.Applied)));
        else _absorbed.AddOrUpdate(into, static (_, one) => [one], static (_, before, one) => before.Add(one), absorbed.Operation);
    }

    public void Settle(SettledOperation settled)
    {
        if (_open.TryRemove(settled.Operation, out var receipt)) receipt.Settle(settled.Outcome);
        if (!_absorbed.TryRemove(settled.Operation, out var parts)) return;
        foreach (var part in parts) Settle(settled with { Operation = part });
    }

    public void AbandonAll()
    {
        foreach (var receipt in _open.Values) receipt.Abandon();
        _open.Clear();
        _absorbed.Clear();
    }
}
