namespace OrleansSync.Core;

/// <summary>
/// What operations may travel together: single operations up to a small size, or exactly one transaction up to a large
/// one. A batch of one operation is a transaction of one.
/// </summary>
public static class BatchRules
{
    /// <summary>The first fault of a batch whose operations each keep <see cref="OperationRules"/>; <c>null</c>: none.</summary>
    /// <param name="operations">The operations of one device, in the order they travel.</param>
    /// <param name="limits">The limits of a batch.</param>
    /// <param name="bytes">The sum of the encoded sizes; 0 where the operations are not counted because of another fault.</param>
    public static Fault? Check(ReadOnlySpan<Operation> operations, Limits limits, out int bytes)
    {
        bytes = 0;
        if (operations.IsEmpty) return new Fault(FaultCode.EmptyBatch, "operations", "A batch has at least one operation.");
        var part = FirstPartOfTransaction(operations);
        var whole = operations.Length == 1 || part is not null;
        var most = whole ? limits.TransactionOperations : limits.BatchOperations;
        if (operations.Length > most)
        {
            return new Fault(FaultCode.BatchTooLarge, "operations",
                $"A {Name(whole)} has at most {most} operations; this one has {operations.Length}.");
        }

        return CheckTransaction(operations, part)
            ?? CheckOrder(operations)
            ?? CheckSize(operations, whole ? limits.TransactionBytes : limits.BatchBytes, whole, out bytes);
    }

    private static Fault? CheckTransaction(ReadOnlySpan<Operation> operations, TransactionRef? part)
    {
        if (part is null) return null;
        for (var i = 0; i < operations.Length; i++)
        {
            if (operations[i].Transaction is { } own && own.Id == part.Id && own.Count == part.Count && own.Index == i) continue;
            return new Fault(FaultCode.SplitTransaction, $"operations[{i}].transaction",
                "A batch with a part of a transaction is that transaction and nothing else: all its operations, in order.");
        }

        return operations.Length == part.Count ? null : new Fault(FaultCode.SplitTransaction, "operations",
            $"A transaction travels whole: {part.Count} operations; this batch has {operations.Length}.");
    }

    private static Fault? CheckOrder(ReadOnlySpan<Operation> operations)
    {
        if (operations.Length == 1) return null;
        var ids = new HashSet<OperationId>(operations.Length);
        var counters = new Dictionary<EntityKey, long>(operations.Length);
        for (var i = 0; i < operations.Length; i++)
        {
            var operation = operations[i];
            if (!ids.Add(operation.Id))
            {
                return new Fault(FaultCode.DuplicateOperation, $"operations[{i}].id", "An operation is once in a batch.");
            }

            if (counters.TryGetValue(operation.Entity, out var last) && operation.Counter <= last)
            {
                return new Fault(FaultCode.CounterOrder, $"operations[{i}].counter",
                    "Operations on one entity are in the order of their counters, each above the last.");
            }

            counters[operation.Entity] = operation.Counter;
        }

        return null;
    }

    private static Fault? CheckSize(ReadOnlySpan<Operation> operations, int most, bool whole, out int bytes)
    {
        bytes = 0;
        foreach (var operation in operations)
        {
            bytes += OperationEncoding.SizeOf(operation);
            if (bytes > most) return new Fault(FaultCode.BatchTooLarge, "operations", $"A {Name(whole)} has at most {most} bytes.");
        }

        return null;
    }

    private static TransactionRef? FirstPartOfTransaction(ReadOnlySpan<Operation> operations)
    {
        foreach (var operation in operations)
        {
            if (operation.Transaction is { Count: > 1 } part) return part;
        }

        return null;
    }

    private static string Name(bool whole) => whole ? "transaction" : "batch";
}
