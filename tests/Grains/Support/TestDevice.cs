using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Tests.Support;

/// <summary>A device that writes operations with rising counters.</summary>
internal sealed class TestDevice(int number)
{
    public DeviceId Id { get; } = new(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]));

    public long Counter { get; set; }

    public Operation Create(string id, string field = "title", string value = "\"x\"") =>
        Make(id, OperationKind.Create, 0, new SetField(field, JsonValue.FromText(value)));

    public Operation Set(string id, string field, string value) =>
        Make(id, OperationKind.Update, 0, new SetField(field, JsonValue.FromText(value)));

    public Operation Increment(string id, string field, long delta) =>
        Make(id, OperationKind.Update, 0, new IncrementField(field, delta));

    /// <summary>An update of a row that the device had and the server has not: refused as ENTITY_GONE.</summary>
    public Operation UpdateOfGone(string id) =>
        Make(id, OperationKind.Update, 1, new SetField("title", JsonValue.FromText("\"late\"")));

    public Operation Delete(string id) => Make(id, OperationKind.Delete, 0);

    /// <summary>Settles a conflict: deletes the row of an operation that waits, which it has at this sequence.</summary>
    public Operation Settle(OperationId parked, long @base) =>
        Make("", OperationKind.Delete, @base) with { Entity = ParkedOperation.KeyOf(parked) };

    public static Operation[] Transaction(params Operation[] operations)
    {
        var id = new TransactionId(Guid.NewGuid());
        return [.. operations.Select((operation, index) => operation with { Transaction = new(id, index, operations.Length) })];
    }

    public PushBatch Batch(params Operation[] operations) => new(Id, [.. operations], 100 * operations.Length);

    private Operation Make(string id, OperationKind kind, long @base, params ImmutableArray<FieldChange> changes) => new()
    {
        Id = new(Guid.NewGuid()),
        Device = Id,
        Entity = new("tasks", id),
        Kind = kind,
        Counter = ++Counter,
        Base = @base,
        Changes = changes,
    };
}
