using System.Collections.Immutable;
using CsCheck;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Generators;
using OrleansSync.Protocol;
using OrleansSync.Protocol.Encoded;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Core.Tests.Protocol;

/// <summary>What is read straight out of the bytes is what protobuf's messages say.</summary>
public sealed class OperationReaderTests
{
    private static readonly DeviceId Device = new(new Guid("a0000000-0000-7000-8000-00000000000a"));

    [Fact]
    public void The_messages_of_pushes_are_those_of_the_contract()
    {
        WireMessage.AssertAlike(V1.PushRequest.Descriptor, PushRequest.Descriptor);
        WireMessage.AssertAlike(V1.PushUnaryRequest.Descriptor, PushUnaryRequest.Descriptor);
        WireMessage.AssertAlike(V1.OperationBatch.Descriptor, OperationBatch.Descriptor);
    }

    [Fact]
    public void A_push_that_travels_is_the_same() => OperationGen.Any.Array[0, 5].Sample(static operations =>
    {
        var request = new V1.PushRequest { Batch = new V1.OperationBatch { Number = 7, Operations = { operations.Select(OperationMapping.ToWire) } } };
        var read = PushRequest.Parser.ParseFrom(request.ToByteArray());
        Assert.Equal(7, read.Batch.Number);
        Assert.True(OperationReader.TryRead(read.Batch.Operations, Device, out var found, out var fault), fault?.ToString());
        Assert.Equal(
            operations.Select(static operation => Describe.Operation(operation with { Device = Device })),
            found.Select(static operation => Describe.Operation(operation)));
        Assert.Equal(
            operations.Select(static operation => OperationEncoding.ContentHash(operation with { Device = Device })),
            found.Select(static operation => OperationEncoding.ContentHash(operation)));
    });

    [Theory]
    [MemberData(nameof(OperationMappingTests.BadOperations), MemberType = typeof(OperationMappingTests))]
    public void A_malformed_operation_has_the_fault_of_its_message(string name, Action<V1.Operation> damage, FaultCode code, string path)
    {
        var wire = OperationMappingTests.Good();
        damage(wire);
        Assert.False(TryRead(out _, out var fault, OperationMappingTests.Good(), wire), name);
        Assert.Equal((code, "operations[1]." + path), (fault!.Code, fault.Path));
    }

    /// <summary>Fields in any order, more than once, unknown or of another type, and ends in the middle: what protobuf makes of them, this does.</summary>
    [Fact]
    public void Random_bytes_are_read_or_refused_as_by_protobuf()
    {
        var refused = 0;
        WireMessage.Damaged(OperationGen.Any.Select(static operation => OperationMapping.ToWire(operation).ToByteArray())).Sample(
            damaged =>
            {
                if (Compare(damaged)) Interlocked.Increment(ref refused);
            },
            iter: 50_000);
        Assert.True(refused > 1_000, $"{refused}");
    }

    [Fact]
    public void Fields_that_are_not_known_are_passed_over()
    {
        var unknown = WireMessage.Unknown;
        byte[] change = [0x0A, 1, (byte)'f', .. unknown, 0x12, 1, (byte)'1'];
        byte[] wire = [.. unknown, .. OperationMappingTests.Good().ToByteArray(), 0x4A, (byte)change.Length, .. change, .. unknown];
        Assert.False(Compare(wire));
        Assert.Equal(2, Read(wire)!.Changes.Length);
    }

    [Fact]
    public void Of_fields_that_come_again_the_last_one_counts()
    {
        var later = OperationMappingTests.Good();
        (later.Type, later.EntityId, later.Counter, later.Kind, later.Id) =
            ("notes", "t2", 5, V1.OperationKind.Delete, ByteString.CopyFrom([.. Enumerable.Repeat((byte)9, 16)]));
        byte[] wire = [.. OperationMappingTests.Good().ToByteArray(), .. later.ToByteArray()];
        Assert.False(Compare(wire));
        Assert.Equal(new EntityKey("notes", "t2"), Read(wire)!.Entity);
    }

    [Fact]
    public void An_embedded_message_may_come_in_parts()
    {
        byte[] change =
        [
            .. new V1.FieldChange { Field = "tags", Add = new V1.AddElement { Element = new V1.SetElement { Number = 4 } } }.ToByteArray(),
            .. new V1.FieldChange { Add = new V1.AddElement { Index = 3 } }.ToByteArray(),
        ];
        byte[] wire =
        [
            .. OperationMappingTests.Good().ToByteArray(),
            .. new V1.Operation { Transaction = new V1.TransactionRef { Id = ByteString.CopyFrom(new Guid("a0000000-0000-7000-8000-00000000000b").ToByteArray()) } }.ToByteArray(),
            .. new V1.Operation { Transaction = new V1.TransactionRef { Index = 1, Count = 2 } }.ToByteArray(),
            0x4A, (byte)change.Length, .. change,
        ];
        Assert.False(Compare(wire));
        var read = Read(wire)!;
        Assert.True(read.Transaction is { Index: 1, Count: 2 });
        Assert.Equal(3, Assert.IsType<AddElement>(read.Changes[^1]).Index);
    }

    [Fact]
    public void What_a_removal_says_is_a_message_too()
    {
        byte[] change = [0x0A, 1, (byte)'f', 0x1A, 1, 0x08];
        Assert.True(Compare([.. OperationMappingTests.Good().ToByteArray(), 0x4A, (byte)change.Length, .. change]));
    }

    [Fact]
    public void A_text_that_is_not_UTF_8_is_no_message()
    {
        byte[] wire = [.. OperationMappingTests.Good().ToByteArray(), 0x1A, 2, 0xC3, 0x28];
        Assert.Throws<InvalidDataException>(() => Read(wire));
    }

    /// <summary>A row that keeps a small value must not keep a large operation.</summary>
    [Theory]
    [InlineData(100, true)]
    [InlineData(2_000, false)]
    public void A_value_of_a_large_operation_is_a_copy(int size, bool shares)
    {
        var wire = OperationMappingTests.Good();
        wire.Changes.Add(new V1.FieldChange { Field = "body", Set = ByteString.CopyFromUtf8($"\"{new string('x', size)}\"") });
        var bytes = wire.ToByteString();
        Assert.True(OperationReader.TryRead([bytes], Device, out var read, out _));
        var value = Assert.IsType<SetField>(read[0].Changes[0]).Value.Utf8;
        Assert.Equal(shares, bytes.Span.Overlaps(value.Span));
    }

    [Fact]
    public void Names_are_one_text_however_often_they_come()
    {
        Assert.True(TryRead(out var read, out _, OperationMappingTests.Good(), OperationMappingTests.Good()));
        Assert.Same(read[0].Entity.Type, read[1].Entity.Type);
        Assert.Same(read[0].Changes[0].Field, read[1].Changes[0].Field);
    }

    [Fact]
    public void Names_that_take_each_others_place_stay_apart() => Gen.Select(Gen.Int[0, 5_000], Gen.Int[0, 3]).Array[200].Sample(static names =>
    {
        V1.Operation[] wire = [.. names.Select(static name =>
        {
            var operation = OperationMappingTests.Good();
            (operation.Type, operation.Changes[0].Field) = ($"type_{name.Item1}", new string('f', 60 + name.Item2) + name.Item1);
            return operation;
        })];
        Assert.True(TryRead(out var read, out _, wire));
        Assert.Equal(wire.Select(static one => (one.Type, one.Changes[0].Field)), read.Select(static one => (one.Entity.Type, one.Changes[0].Field)));
    }, iter: 50);

    // Protobuf takes what is no UTF-8 for other text, which is of no use to anybody. True: it is no message.
    private static bool Compare(byte[] wire)
    {
        V1.Operation message;
        try
        {
            message = V1.Operation.Parser.ParseFrom(wire);
        }
        catch (InvalidProtocolBufferException)
        {
            Assert.Throws<InvalidDataException>(() => Read(wire));
            return true;
        }

        if (WireMessage.HasOtherText(message)) return false;
        var expected = OperationMapping.TryRead(message, Device, out var operation, out var fault) ? Describe.Operation(operation) : $"{fault}";
        var found = TryRead(out var read, out var broken, wire) ? Describe.Operation(read[0]) : $"{broken! with { Path = broken.Path["operations[0].".Length..] }}";
        Assert.Equal(expected, found);
        return false;
    }

    private static Operation? Read(byte[] wire) => TryRead(out var read, out _, wire) ? read[0] : null;

    private static bool TryRead(out ImmutableArray<Operation> read, out Fault? fault, params V1.Operation[] wire) =>
        OperationReader.TryRead([.. wire.Select(static one => one.ToByteString())], Device, out read, out fault);

    private static bool TryRead(out ImmutableArray<Operation> read, out Fault? fault, byte[] wire) =>
        OperationReader.TryRead([ByteString.CopyFrom(wire)], Device, out read, out fault);
}
