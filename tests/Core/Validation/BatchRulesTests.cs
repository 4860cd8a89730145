using OrleansSync.Core;

namespace OrleansSync.Core.Tests.Validation;

public sealed class BatchRulesTests
{
    private static readonly DeviceId Device = new(new Guid("a0000000-0000-7000-8000-00000000000a"));
    private static readonly TransactionId First = new(new Guid("01920000-0000-7000-8000-0000000000f1"));
    private static readonly TransactionId Second = new(new Guid("01920000-0000-7000-8000-0000000000f2"));

    [Fact]
    public void A_good_batch_tells_its_size()
    {
        Operation[] batch = [Operation(1), Operation(2), Operation(3) with { Transaction = new TransactionRef(First, 0, 1) }];
        Assert.Null(BatchRules.Check(batch, Limits.Default, out var bytes));
        Assert.Equal(batch.Sum(static operation => OperationEncoding.Encode(operation).Length), bytes);
    }

    [Fact]
    public void A_whole_transaction_is_a_batch() => Assert.Null(Check(Transaction(First, 3)));

    [Fact]
    public void A_transaction_may_have_as_many_operations_as_its_own_limit() => Assert.Null(Check(Transaction(First, 5_000)));

    [Fact]
    public void An_empty_batch_is_refused() => AssertFault(FaultCode.EmptyBatch, "operations", []);

    [Fact]
    public void A_batch_has_at_most_100_operations()
    {
        Assert.Null(Check(Operations(100)));
        AssertFault(FaultCode.BatchTooLarge, "operations", Operations(101));
    }

    [Fact]
    public void A_transaction_has_at_most_5000_operations() =>
        AssertFault(FaultCode.BatchTooLarge, "operations", Transaction(First, 5_001));

    [Fact]
    public void A_batch_has_at_most_256_KiB()
    {
        Assert.Null(Check([Sized(1, 128 * 1024), Sized(2, 128 * 1024)]));
        AssertFault(FaultCode.BatchTooLarge, "operations", [Sized(1, 128 * 1024), Sized(2, (128 * 1024) + 1)]);
    }

    [Fact]
    public void A_transaction_has_at_most_3_MiB()
    {
        Assert.Null(Check(Large(3 * 1024 * 1024)));
        AssertFault(FaultCode.BatchTooLarge, "operations", Large((3 * 1024 * 1024) + 1));

        Operation[] Large(int size) =>
        [
            Sized(1, size / 2, new TransactionRef(First, 0, 2)),
            Sized(2, size - (size / 2), new TransactionRef(First, 1, 2)),
        ];
    }

    /// <summary>A document may have 256 KiB, and its operation is a little larger.</summary>
    [Fact]
    public void A_single_operation_may_be_as_large_as_a_transaction()
    {
        Assert.Null(Check([Sized(1, 300 * 1024)]));
        AssertFault(FaultCode.BatchTooLarge, "operations", [Sized(1, (3 * 1024 * 1024) + 1)]);
    }

    [Fact]
    public void A_part_of_a_transaction_is_refused()
    {
        AssertFault(FaultCode.SplitTransaction, "operations", Transaction(First, 3)[..2]);
        AssertFault(FaultCode.SplitTransaction, "operations[0].transaction", Transaction(First, 3)[1..]);
        AssertFault(FaultCode.SplitTransaction, "operations", Transaction(First, 2)[..1]);
    }

    [Fact]
    public void A_transaction_beside_other_operations_is_refused()
    {
        AssertFault(FaultCode.SplitTransaction, "operations[2].transaction", [.. Transaction(First, 2), Operation(9)]);
        AssertFault(FaultCode.SplitTransaction, "operations[0].transaction", [Operation(9), .. Transaction(First, 2)]);
        AssertFault(FaultCode.SplitTransaction, "operations[2].transaction",
            [.. Transaction(First, 2), Operation(9) with { Transaction = new TransactionRef(Second, 0, 1) }]);
    }

    [Fact]
    public void Two_transactions_are_refused()
    {
        var second = Transaction(Second, 2).Select(
            static (operation, i) => operation with { Id = Operation(10 + i).Id, Entity = Operation(10 + i).Entity });
        AssertFault(FaultCode.SplitTransaction, "operations[2].transaction", [.. Transaction(First, 2), .. second]);
    }

    [Fact]
    public void A_transaction_in_another_order_is_refused() =>
        AssertFault(FaultCode.SplitTransaction, "operations[0].transaction", [.. Transaction(First, 2).Reverse()]);

    [Fact]
    public void A_transaction_whose_operations_disagree_on_its_count_is_refused()
    {
        var transaction = Transaction(First, 2);
        transaction[1] = transaction[1] with { Transaction = new TransactionRef(First, 1, 3) };
        AssertFault(FaultCode.SplitTransaction, "operations[1].transaction", transaction);
    }

    [Fact]
    public void An_operation_twice_is_refused() =>
        AssertFault(FaultCode.DuplicateOperation, "operations[1].id", [Operation(1), Operation(2) with { Id = Operation(1).Id }]);

    [Fact]
    public void Operations_on_one_entity_are_in_the_order_of_their_counters()
    {
        var entity = Operation(1).Entity;
        Assert.Null(Check([Operation(1), Operation(3), Operation(2) with { Entity = entity }]));
        AssertFault(
            FaultCode.CounterOrder, "operations[2].counter",
            [Operation(2), Operation(5), Operation(1) with { Entity = Operation(2).Entity }]);
        AssertFault(FaultCode.CounterOrder, "operations[1].counter", [Operation(1), Operation(2) with { Entity = entity, Counter = 1 }]);
    }

    private static Fault? Check(Operation[] batch) => BatchRules.Check(batch, Limits.Default, out _);

    private static void AssertFault(FaultCode code, string path, Operation[] batch)
    {
        var fault = Check(batch);
        Assert.NotNull(fault);
        Assert.Equal((code, path), (fault.Code, fault.Path));
    }

    private static Operation[] Operations(int count) => [.. Enumerable.Range(1, count).Select(Operation)];

    private static Operation[] Transaction(TransactionId id, int count) =>
        [.. Operations(count).Select((operation, i) => operation with { Transaction = new TransactionRef(id, i, count) })];

    private static Operation Operation(int number) => new()
    {
        Id = new OperationId(new Guid(number, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0])),
        Device = Device,
        Entity = new EntityKey("tasks", "t" + number),
        Kind = OperationKind.Update,
        Counter = number,
    };

    private static Operation Sized(int number, int bytes, TransactionRef? transaction = null)
    {
        var operation = Operation(number) with { Transaction = transaction, Changes = [Text(bytes / 2), Text(bytes / 2)] };
        var excess = OperationEncoding.SizeOf(operation) - bytes;
        operation = operation with { Changes = [Text(bytes / 2), Text((bytes / 2) - excess)] };
        Assert.Equal(bytes, OperationEncoding.SizeOf(operation));
        return operation;

        static FieldChange Text(int size) => new SetField("f", JsonValue.FromText("\"" + new string('x', size - 2) + "\""));
    }
}
