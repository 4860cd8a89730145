using CsCheck;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Generators;
using OrleansSync.Protocol;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Core.Tests.Protocol;

public sealed class OperationMappingTests
{
    private static readonly DeviceId Device = new(new Guid("a0000000-0000-7000-8000-00000000000a"));

    [Fact]
    public void An_operation_that_travels_is_the_same() => OperationGen.Any.Sample(static operation =>
    {
        var wire = V1.Operation.Parser.ParseFrom(OperationMapping.ToWire(operation).ToByteArray());
        Assert.True(OperationMapping.TryRead(wire, operation.Device, out var read, out var fault), fault?.ToString());
        Assert.Equal(Describe.Operation(operation), Describe.Operation(read));
        Assert.Equal(OperationEncoding.ContentHash(operation), OperationEncoding.ContentHash(read));
    });

    [Fact]
    public void The_device_is_that_of_the_session()
    {
        Assert.True(OperationMapping.TryRead(Good(), Device, out var read, out _));
        Assert.Equal(Device, read.Device);
    }

    [Fact]
    public void Values_are_not_copied()
    {
        var value = JsonValue.FromText("\"text\"");
        var operation = OperationGen.Any.Single() with { Changes = [new SetField("f", value)] };
        var wire = OperationMapping.ToWire(operation);
        Assert.True(wire.Changes[0].Set.Span == value.Utf8.Span);
        Assert.True(OperationMapping.TryRead(wire, operation.Device, out var read, out _));
        Assert.True(Assert.IsType<SetField>(Assert.Single(read.Changes)).Value.Utf8.Span == value.Utf8.Span);
    }

    public static TheoryData<string, Action<V1.Operation>, FaultCode, string> BadOperations() => new()
    {
        { "no id", static wire => wire.Id = ByteString.Empty, FaultCode.InvalidUuid, "id" },
        { "id of 15 bytes", static wire => wire.Id = Bytes(15), FaultCode.InvalidUuid, "id" },
        { "id of 17 bytes", static wire => wire.Id = Bytes(17), FaultCode.InvalidUuid, "id" },
        { "id of zeros", static wire => wire.Id = ByteString.CopyFrom(new byte[16]), FaultCode.InvalidUuid, "id" },
        {
            "transaction without id", static wire => wire.Transaction = new V1.TransactionRef { Count = 1 },
            FaultCode.InvalidUuid, "transaction.id"
        },
        {
            "change that is unset", static wire => wire.Changes.Add(new V1.FieldChange { Field = "f" }),
            FaultCode.Missing, "changes[1].change"
        },
        {
            "added element that is unset", static wire => wire.Changes.Add(new V1.FieldChange { Add = new V1.AddElement() }),
            FaultCode.Missing, "changes[1].add.element"
        },
        {
            "added element that is neither",
            static wire => wire.Changes.Add(new V1.FieldChange { Add = new V1.AddElement { Element = new V1.SetElement() } }),
            FaultCode.Missing, "changes[1].add.element"
        },
        {
            "removed element that is unset", static wire => wire.Changes.Add(new V1.FieldChange { RemoveElement = new V1.RemoveElement() }),
            FaultCode.Missing, "changes[1].remove_element.element"
        },
        {
            "seen tag without device", static wire => wire.Changes.Add(Removal(Bytes(16), Bytes(3))),
            FaultCode.InvalidUuid, "changes[1].remove_element.observed[1].device_id"
        },
    };

    [Theory]
    [MemberData(nameof(BadOperations))]
    public void A_malformed_operation_has_a_fault_and_throws_nothing(string name, Action<V1.Operation> damage, FaultCode code, string path)
    {
        var wire = Good();
        damage(wire);
        Assert.False(OperationMapping.TryRead(wire, Device, out _, out var fault), name);
        Assert.Equal((code, path), (fault.Code, fault.Path));
    }

    /// <summary>Kinds, numbers and names have no form of their own to break; the rules refuse what is left.</summary>
    [Fact]
    public void Random_messages_never_throw() => Gen.Byte.Array[0, 60].Sample(static bytes =>
    {
        V1.Operation wire;
        try
        {
            wire = V1.Operation.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return;
        }

        wire.Id = Bytes(16);
        if (!OperationMapping.TryRead(wire, Device, out var operation, out var fault)) Assert.NotEmpty(fault.Path);
        else if (OperationRules.Check(operation, SyncSchema.Open, Limits.Default) is { } broken) Assert.NotEmpty(broken.Path);
    }, iter: 20_000);

    [Fact]
    public void An_unset_kind_is_refused_by_the_rules()
    {
        var wire = Good();
        wire.Kind = V1.OperationKind.Unspecified;
        Assert.True(OperationMapping.TryRead(wire, Device, out var operation, out _));
        Assert.Equal(FaultCode.InvalidKind, OperationRules.Check(operation, SyncSchema.Open, Limits.Default)?.Code);
    }

    internal static V1.Operation Good() => new()
    {
        Id = Bytes(16),
        Type = "tasks",
        EntityId = "t1",
        Kind = V1.OperationKind.Update,
        Counter = 1,
        Generation = 1,
        Changes = { new V1.FieldChange { Field = "title", Set = ByteString.CopyFromUtf8("1") } },
    };

    private static V1.FieldChange Removal(params ByteString[] devices)
    {
        var removal = new V1.RemoveElement { Element = new V1.SetElement { Number = 1 } };
        foreach (var device in devices) removal.Observed.Add(new V1.ElementTag { DeviceId = device, Counter = 1 });
        return new V1.FieldChange { Field = "tags", RemoveElement = removal };
    }

    private static ByteString Bytes(int size) => ByteString.CopyFrom([.. Enumerable.Repeat((byte)7, size)]);
}
