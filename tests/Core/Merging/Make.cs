using System.Collections.Immutable;

namespace OrleansSync.Core.Tests.Merging;

/// <summary>Short words for devices, changes and operations of one entity.</summary>
internal static class Make
{
    public static readonly EntityKey Entity = new("note", "1");

    public static readonly DeviceId A = Device(1);
    public static readonly DeviceId B = Device(2);
    public static readonly DeviceId C = Device(3);
    public static readonly DeviceId D = Device(4);

    public static readonly EntitySchema Plain = new("note");

    /// <summary>Plain fields, a counter "n" and a set "s".</summary>
    public static readonly EntitySchema Mixed = new EntitySchema("note").Counter("n").Set("s");

    public static DeviceId Device(int number) => new(new Guid(number, 0, 0, new byte[8]));

    public static Operation Create(DeviceId device, long counter, params FieldChange[] changes) =>
        Of(OperationKind.Create, device, counter, changes);

    public static Operation Update(DeviceId device, long counter, params FieldChange[] changes) =>
        Of(OperationKind.Update, device, counter, changes);

    public static Operation Delete(DeviceId device, long counter) => Of(OperationKind.Delete, device, counter, []);

    /// <summary>As written by a device that had the row of this sequence, which was also its cursor.</summary>
    public static Operation Knowing(this Operation operation, long sequence, int generation = 1) =>
        operation with { Base = sequence, Seen = sequence, Generation = generation };

    /// <summary>As written by a device that had no row when its cursor was here.</summary>
    public static Operation Blind(this Operation operation, long seen, int generation = 1) =>
        operation with { Base = 0, Seen = seen, Generation = generation };

    public static Operation Whole(this Operation operation) => operation with { WholeDocumentCounter = operation.Counter };

    public static SetField Set(string field, string json) => new(field, JsonValue.FromText(json));

    public static RemoveField Remove(string field) => new(field);

    public static IncrementField Add(string field, long delta) => new(field, delta);

    public static AddElement Put(string field, string element, params ElementTag[] observed) =>
        new(field, SetElement.Of(element), 0, [.. observed]);

    public static RemoveElement Take(string field, string element, params ElementTag[] observed) =>
        new(field, SetElement.Of(element), [.. observed]);

    public static ElementTag Tag(DeviceId device, long counter, int index = 0) => new(device, counter, index);

    private static Operation Of(OperationKind kind, DeviceId device, long counter, ReadOnlySpan<FieldChange> changes)
    {
        Span<byte> id = stackalloc byte[16];
        device.Value.TryWriteBytes(id, bigEndian: true, out _);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(id[8..], counter);
        return new Operation
        {
            Id = new OperationId(new Guid(id, bigEndian: true)),
            Device = device,
            Entity = Entity,
            Kind = kind,
            Counter = counter,
            Changes = changes.ToImmutableArray(),
        };
    }
}
