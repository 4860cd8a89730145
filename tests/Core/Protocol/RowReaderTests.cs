using CsCheck;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Generators;
using OrleansSync.Protocol;
using Encoded = OrleansSync.Protocol.Encoded;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Core.Tests.Protocol;

/// <summary>Rows that are read straight out of the bytes are what protobuf's messages say.</summary>
public sealed class RowReaderTests
{
    private static readonly DeviceId[] Devices =
        [new(new Guid("a0000000-0000-7000-8000-00000000000a")), new(new Guid("b0000000-0000-7000-8000-00000000000b"))];

    [Fact]
    public void The_messages_of_pages_are_those_of_the_contract()
    {
        WireMessage.AssertAlike(V1.PullResponse.Descriptor, Encoded.PullResponse.Descriptor);
        WireMessage.AssertAlike(V1.WatchResponse.Descriptor, Encoded.WatchResponse.Descriptor);
        WireMessage.AssertAlike(V1.Page.Descriptor, Encoded.Page.Descriptor);
    }

    /// <summary>Fields in any order, more than once, unknown or of another type, and ends in the middle: what protobuf makes of them, this does.</summary>
    [Fact]
    public void Random_bytes_are_read_or_refused_as_by_protobuf()
    {
        var (refused, malformed) = (0, 0);
        WireMessage.Damaged(RowGen.Any.Select(static row => PageMapping.ToWire([row], [], PageMappingTests.EditWins).Rows[0].ToByteArray())).Sample(
            damaged =>
            {
                var what = Compare(damaged);
                if (what == Verdict.NoMessage) Interlocked.Increment(ref refused);
                if (what == Verdict.Malformed) Interlocked.Increment(ref malformed);
            },
            iter: 50_000);
        Assert.True(refused > 1_000 && malformed > 1_000, $"{refused}, {malformed}");
    }

    [Fact]
    public void Fields_that_are_not_known_are_passed_over()
    {
        var unknown = WireMessage.Unknown;
        byte[] stamp = [.. unknown, .. new V1.Stamp { Counter = 4 }.ToByteArray()];
        byte[] field = [0x0A, 1, (byte)'g', .. unknown, 0x12, 1, (byte)'1', 0x32, (byte)stamp.Length, .. stamp];
        byte[] wire = [.. unknown, .. Good().ToByteArray(), 0x32, (byte)field.Length, .. field, .. unknown];
        Assert.Equal(Verdict.Row, Compare(wire));
        Assert.Equal(2, Read(wire).Fields.Length);
    }

    [Fact]
    public void Of_fields_that_come_again_the_last_one_counts()
    {
        var later = new V1.Row { Type = "notes", EntityId = "t2", Sequence = 9, Generation = 3, Birth = 2, DeletedAt = 4, Deleted = true };
        byte[] wire = [.. Good().ToByteArray(), .. later.ToByteArray()];
        Assert.Equal(Verdict.Row, Compare(wire));
        Assert.True(Read(wire) is { Key: { Type: "notes", Id: "t2" }, Sequence: 9, Generation: 3, Birth: 2, DeletedAt: 4, Deleted: true });
    }

    [Fact]
    public void An_embedded_message_may_come_in_parts()
    {
        V1.Field Set(string element) => new()
        {
            Name = "g",
            Set = new V1.SetValue { Entries = { new V1.SetEntry { Element = new V1.SetElement { Text = element }, Tags = { new V1.TagRef { Counter = 1 } } } } },
        };
        byte[] field = [.. Set("a").ToByteArray(), .. Set("b").ToByteArray()];
        byte[] wire =
        [
            .. Good().ToByteArray(),
            .. new V1.Row { LastDelete = new V1.Stamp { Counter = 7 } }.ToByteArray(),
            .. new V1.Row { LastDelete = new V1.Stamp { Device = 1 } }.ToByteArray(),
            0x32, (byte)field.Length, .. field,
        ];
        Assert.Equal(Verdict.Row, Compare(wire));
        var row = Read(wire);
        Assert.Equal(new Stamp(7, Devices[1]), row.LastDelete);
        Assert.Equal(2, Assert.IsType<SetFieldValue>(row.Fields[^1]).Entries.Length);
    }

    [Fact]
    public void A_set_that_another_value_came_between_begins_anew()
    {
        byte[] field =
        [
            .. new V1.Field { Name = "g", Set = new V1.SetValue { Entries = { new V1.SetEntry() } } }.ToByteArray(),
            .. new V1.Field { Counter = "3" }.ToByteArray(),
            .. new V1.Field { Set = new V1.SetValue() }.ToByteArray(),
        ];
        byte[] wire = [.. Good().ToByteArray(), 0x32, (byte)field.Length, .. field];
        Assert.Equal(Verdict.Row, Compare(wire));
        Assert.Empty(Assert.IsType<SetFieldValue>(Read(wire).Fields[^1]).Entries);
    }

    [Fact]
    public void Births_come_in_a_run_or_one_by_one()
    {
        byte[] wire = [.. new V1.Row { Births = { 300, 400 } }.ToByteArray(), .. Good().ToByteArray(), 0x48, 0x90, 0x03, 0x48, 0x05];
        Assert.Equal(Verdict.Row, Compare(wire));
        Assert.Equal((long[])[300, 400, 1, 400, 5], Read(wire).Births);
    }

    [Fact]
    public void What_a_removal_says_is_a_message_too()
    {
        byte[] field = [0x0A, 1, (byte)'g', 0x1A, 1, 0x08, 0x32, 2, 0x08, 1];
        Assert.Equal(Verdict.NoMessage, Compare([.. Good().ToByteArray(), 0x32, (byte)field.Length, .. field]));
    }

    [Fact]
    public void A_text_that_is_not_UTF_8_is_no_message()
    {
        Assert.Throws<InvalidDataException>(() => Read([.. Good().ToByteArray(), 0x12, 2, 0xC3, 0x28]));
    }

    private enum Verdict
    {
        Row,
        Malformed,
        NoMessage,
    }

    // Protobuf takes what is no UTF-8 for other text, which is of no use to anybody.
    private static Verdict Compare(byte[] wire)
    {
        V1.Row message;
        try
        {
            message = V1.Row.Parser.ParseFrom(wire);
        }
        catch (InvalidProtocolBufferException)
        {
            Assert.Throws<InvalidDataException>(() => Read(wire));
            return Verdict.NoMessage;
        }

        if (WireMessage.HasOtherText(message)) return Verdict.Row;
        // As protobuf understood it, each field once and in order.
        var (expected, found) = (Describe(message.ToByteArray()), Describe(wire));
        Assert.Equal(expected, found);
        return found.StartsWith("rows[0]", StringComparison.Ordinal) ? Verdict.Malformed : Verdict.Row;
    }

    private static string Describe(byte[] wire)
    {
        try
        {
            return Generators.Describe.Row(Read(wire));
        }
        catch (InvalidDataException malformed)
        {
            return malformed.Message;
        }
    }

    private static EntityRow Read(byte[] wire) => Assert.Single(PageMapping.ReadRows(new Encoded.Page
    {
        Devices = { Devices.Select(WireIds.ToWire) },
        Rows = { ByteString.CopyFrom(wire) },
    }));

    private static V1.Row Good() => new()
    {
        Type = "tasks",
        EntityId = "t1",
        Sequence = 1,
        Generation = 1,
        Births = { 1 },
        Fields = { new V1.Field { Name = "f", Json = ByteString.CopyFromUtf8("1"), Stamp = new V1.Stamp { Counter = 1 } } },
    };
}
