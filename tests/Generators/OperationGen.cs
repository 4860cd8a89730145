using System.Collections.Immutable;
using CsCheck;
using OrleansSync.Core;

namespace OrleansSync.Generators;

/// <summary>Operations that the rules allow. They fit no history: for encodings, validation and the wire.</summary>
public static class OperationGen
{
    public static readonly Gen<DeviceId> Device = Gen.OneOf(
        Gen.OneOf(
            new DeviceId(new Guid("00000000-0000-7000-8000-000000000001")),
            new DeviceId(new Guid("00000000-0000-7000-8000-000000000002")),
            new DeviceId(new Guid("ffffffff-ffff-7fff-bfff-ffffffffffff"))),
        Gen.Guid.Where(static id => id != Guid.Empty).Select(static id => new DeviceId(id)));

    public static readonly Gen<long> Counter = Gen.OneOf(Gen.Long[1, 300], Gen.Long[1, long.MaxValue]);

    public static readonly Gen<long> Sequence = Gen.OneOf(Gen.Long[0, 300], Gen.Long[0, long.MaxValue]);

    public static readonly Gen<SetElement> Element = Gen.OneOf(
        ValueGen.Text.Select(SetElement.Of),
        Gen.OneOf(0L, -1L, long.MinValue, long.MaxValue).Select(SetElement.Of),
        Gen.Long[-5, 5].Select(SetElement.Of));

    public static readonly Gen<ElementTag> Tag = Gen.Select(
        Device,
        Counter,
        Gen.OneOf(Gen.Int[0, 3], Gen.Int[0, int.MaxValue]),
        static (device, counter, index) => new ElementTag(device, counter, index));

    public static readonly Gen<TransactionRef> Transaction = Gen.Select(
        Gen.Guid.Where(static id => id != Guid.Empty),
        Gen.Int[0, 4],
        Gen.Int[1, 4995],
        static (id, index, more) => new TransactionRef(new TransactionId(id), index, index + more));

    /// <summary>A valid operation of any kind.</summary>
    public static readonly Gen<Operation> Any =
        from id in Gen.Guid.Where(static id => id != Guid.Empty)
        from device in Device
        from key in Gen.Select(ValueGen.TypeName, ValueGen.EntityId, static (type, entity) => new EntityKey(type, entity))
        from kind in Gen.Enum<OperationKind>()
        from counter in Counter
        from sequences in Gen.Select(Sequence, Sequence)
        from generation in Gen.Frequency((4, Gen.Int[1, 3]), (1, Gen.Int[1, 1_000_000]))
        from whole in Gen.Frequency((3, Gen.Const(0L)), (1, Gen.Long[0, counter]))
        from changes in Change(counter).Array[0, 6]
        from before in ValueGen.Json.Nullable()
        from transaction in Transaction.Null(0.7)
        select new Operation
        {
            Id = new OperationId(id),
            Device = device,
            Entity = key,
            Kind = kind,
            Counter = counter,
            Base = sequences.Item1,
            Seen = sequences.Item2,
            Generation = generation,
            WholeDocumentCounter = kind == OperationKind.Delete ? 0 : whole,
            Changes = kind == OperationKind.Delete ? [] : Distinct(changes),
            Before = kind == OperationKind.Delete || changes.Length == 0 ? [] : [new BeforeImage(changes[0].Field, before)],
            Transaction = transaction,
        };

    /// <summary>A change of an operation with this counter.</summary>
    public static Gen<FieldChange> Change(long operationCounter)
    {
        var counter = Gen.Frequency((3, Gen.Const(0L)), (1, Gen.Long[1, operationCounter]));
        var observed = Tag.Array[0, 3].Select(static tags => tags.ToImmutableArray());
        return Gen.OneOf(
            Gen.Select(ValueGen.Name, ValueGen.Json, counter, static FieldChange (field, value, at) => new SetField(field, value, at)),
            Gen.Select(ValueGen.Name, counter, static FieldChange (field, at) => new RemoveField(field, at)),
            Gen.Select(ValueGen.Name, Gen.OneOf(Gen.Long[-9, 9], Gen.Long[-IncrementField.MaxDelta, IncrementField.MaxDelta]), counter,
                static FieldChange (field, delta, at) => new IncrementField(field, delta, at)),
            Gen.Select(ValueGen.Name, Element, Gen.Int[0, 9], observed, counter,
                static FieldChange (field, element, index, tags, at) => new AddElement(field, element, index, tags, at)),
            Gen.Select(ValueGen.Name, Element, observed, counter,
                static FieldChange (field, element, tags, at) => new RemoveElement(field, element, tags, at)));
    }

    // A plain field is set or removed at most once in an operation.
    private static ImmutableArray<FieldChange> Distinct(FieldChange[] changes)
    {
        var plain = new HashSet<string>(StringComparer.Ordinal);
        return [.. changes.Where(change => change is not (SetField or RemoveField) || plain.Add(change.Field))];
    }
}
