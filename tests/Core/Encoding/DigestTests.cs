using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Encoding;

public sealed class DigestTests
{
    private const string A = "A0000000000070008000" + "00000000000A";
    private const string B = "B0000000000070008000" + "00000000000B";

    /// <summary>The row's hash, assembled by hand from the definition: what a client in another language would do.</summary>
    [Fact]
    public void The_digest_is_the_hash_of_the_documented_bytes()
    {
        var bytes = Convert.FromHexString(string.Concat(
            "01", // version
            "05", "7461736B73", // type "tasks"
            "02", "7431", // id "t1"
            "AC02", // sequence 300
            "02", // generation
            "04", A, // document stamp 4@A
            "04", // four fields
            "04", "626F6479", "02", "08", A, // "body" removed at 8@A
            "07", "6D696E75746573", "03", "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", // "minutes", counter
            "04", "74616773", "04", "02", // "tags", set of two
            "00", "53", "02", A, "05", "00", B, "05", "01", // -42, two tags: 5@A#0, 5@B#1
            "01", "03", "612262", "01", B, "09", "02", // "a\"b", one tag: 9@B#2
            "05", "7469746C65", "01", "09", B, "09", "7B227822203A20317D")); // "title" at 9@B, {"x" : 1} verbatim
        var expected = BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(bytes));
        Assert.Equal(expected, Digest.OfRow(Samples.Row));
    }

    [Fact]
    public void Absent_rows_and_tombstones_count_nothing()
    {
        Assert.Equal(UInt128.Zero, Digest.OfRow(null));
        Assert.Equal(UInt128.Zero, Digest.OfRow(Samples.Tombstone));
    }

    [Fact]
    public void A_sum_wraps_and_does_not_depend_on_the_order() => RowGen.Any.Array[0, 8].Sample(static rows =>
    {
        var total = UInt128.Zero;
        foreach (var row in rows) total = unchecked(total + Digest.OfRow(row));
        return Digest.OfRows(rows) == total && Digest.OfRows(rows.Reverse()) == total;
    });

    [Fact]
    public void A_commit_can_take_the_old_row_out_and_the_new_one_in() => Gen.Select(RowGen.Any, RowGen.Any, RowGen.Any).Sample(
        static (other, before, after) =>
            unchecked(Digest.OfRows([other, before]) - Digest.OfRow(before) + Digest.OfRow(after)) == Digest.OfRows([other, after]));

    /// <summary>Label pairs, births and deletion times do not travel with every row.</summary>
    [Fact]
    public void What_does_not_travel_does_not_count()
    {
        var bare = Samples.Row with { Birth = 0, Births = [], Changes = default, Edits = default, LastEdit = default };
        Assert.Equal(Digest.OfRow(Samples.Row), Digest.OfRow(bare));
    }

    public static TheoryData<string, EntityRow> EveryPartChanged() => new()
    {
        { "type", Samples.Row with { Key = new EntityKey("task", "t1") } },
        { "id", Samples.Row with { Key = new EntityKey("tasks", "t2") } },
        { "sequence", Samples.Row with { Sequence = 301 } },
        { "generation", Samples.Row with { Generation = 3 } },
        { "document stamp", Samples.Row with { DocumentStamp = default } },
        { "stamp of a removal", WithField(0, new PlainField("body", new Stamp(9, Samples.DeviceA), null)) },
        { "removed or null", WithField(0, new PlainField("body", new Stamp(8, Samples.DeviceA), JsonValue.FromText("null"))) },
        { "counter beyond 64 bits", WithField(1, new CounterField("minutes", Int128.MaxValue - 1)) },
        { "tag", WithField(2, new SetFieldValue("tags", [new SetEntry(SetElement.Of(-42), [new ElementTag(Samples.DeviceA, 5, 0)])])) },
        { "device of a stamp", WithField(3, new PlainField("title", new Stamp(9, Samples.DeviceA), JsonValue.FromText("{\"x\" : 1}"))) },
        { "white space in a value", WithField(3, new PlainField("title", new Stamp(9, Samples.DeviceB), JsonValue.FromText("{\"x\":1}"))) },
    };

    [Theory]
    [MemberData(nameof(EveryPartChanged))]
    public void The_digest_covers_every_part(string part, EntityRow changed) =>
        Assert.False(Digest.OfRow(Samples.Row) == Digest.OfRow(changed), part);

    private static EntityRow WithField(int index, Field field) => Samples.Row with { Fields = Samples.Row.Fields.SetItem(index, field) };
}
