using System.Collections.Concurrent;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>The receipts whose outcome is not known yet. As large as the part of the log that this process wrote.</summary>
internal sealed class ReceiptBook
{
    private readonly ConcurrentDictionary<OperationId, WriteReceipt> _open = new();

    public void Enter(WriteReceipt receipt)
    {
        // Counted: an enumerator would be an object a write.
        for (var i = 0; i < receipt.Operations.Count; i++) _open[receipt.Operations[i]] = receipt;
    }

    public void Settle(SettledOperation settled)
    {
        if (_open.TryRemove(settled.Operation, out var receipt)) receipt.Settle(settled.Outcome);
    }

    public void AbandonAll()
    {
        foreach (var receipt in _open.Values) receipt.Abandon();
        _open.Clear();
    }
}
