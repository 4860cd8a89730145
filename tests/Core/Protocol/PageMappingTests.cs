using System.Collections.Immutable;
using CsCheck;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Generators;
using OrleansSync.Protocol;
using Encoded = OrleansSync.Protocol.Encoded;
using V1 = OrleansSync.Protocol.V1;

namespace OrleansSync.Core.Tests.Protocol;

public sealed class PageMappingTests
{
    private static readonly DeviceId Device = new(new Guid("a0000000-0000-7000-8000-00000000000a"));
    internal static readonly SyncSchema EditWins =
        new([new EntitySchema("tasks") { OnDelete = DeletePolicy.EditWins }], acceptUndeclared: true);

    [Fact]
    public void Rows_that_travel_are_the_same_but_for_what_stays() => RowGen.Any.Array[0, 5].Sample(static rows =>
    {
        var expected = rows.Select(static row => Describe.Row(row with
        {
            Changes = default,
            Edits = row.Key.Type == "tasks" ? row.Edits : default,
            Fields = row.Deleted ? [] : row.Fields,
        }));
        Assert.Equal(expected, Travel(rows).Select(Describe.Row));
    });

    /// <summary>I4: what a device received gives the digest that the server keeps.</summary>
    [Fact]
    public void The_digest_of_the_rows_that_arrive_is_that_of_the_rows_that_left() => RowGen.Any.Array[0, 5].Sample(static rows =>
        Digest.OfRows(Travel(rows)) == Digest.OfRows(rows));

    [Fact]
    public void A_tombstone_travels_without_its_hidden_fields()
    {
        var tombstone = Row(new PlainField("secret", new Stamp(1, Device), JsonValue.FromText("1"))) with { Deleted = true, DeletedAt = 5 };
        Assert.Empty(PageMapping.ToWire([tombstone], [], SyncSchema.Open).Rows[0].Fields);
    }

    [Fact]
    public void A_device_is_named_once_a_page()
    {
        var field = new PlainField("f", new Stamp(1, Device), JsonValue.FromText("1"));
        var page = PageMapping.ToWire([Row(field), Row(field) with { LastEdit = new Stamp(2, Device) }], [], SyncSchema.Open);
        Assert.Equal(WireIds.ToWire(Device), Assert.Single(page.Devices));
    }

    [Fact]
    public void Values_are_not_copied()
    {
        var value = JsonValue.FromText("\"text\"");
        var page = PageMapping.ToWire([Row(new PlainField("f", new Stamp(1, Device), value))], [], SyncSchema.Open);
        Assert.True(page.Rows[0].Fields[0].Json.Span == value.Utf8.Span);
        var encoded = Encoded.Page.Parser.ParseFrom(page.ToByteArray());
        var read = Assert.IsType<PlainField>(Assert.Single(Assert.Single(PageMapping.ReadRows(encoded)).Fields));
        Assert.True(encoded.Rows[0].Span.Overlaps(read.Value!.Value.Utf8.Span));
    }

    public static TheoryData<string, Action<V1.Page>> BadRows() => new()
    {
        { "devices[1]", static page => page.Devices.Add(ByteString.CopyFromUtf8("short")) },
        { "rows[0].type", static page => page.Rows[0].Type = "" },
        { "rows[0].entity_id", static page => page.Rows[0].EntityId = "" },
        { "rows[0].sequence", static page => page.Rows[0].Sequence = 0 },
        { "rows[0].generation", static page => page.Rows[0].Generation = 0 },
        { "rows[0].last_edit.counter", static page => page.Rows[0].LastEdit = new V1.Stamp() },
        { "rows[0].last_delete.device", static page => page.Rows[0].LastDelete = new V1.Stamp { Counter = 1, Device = 1 } },
        {
            "rows[0].document_stamp.device",
            static page => page.Rows[0].DocumentStamp = new V1.Stamp { Counter = 1, Device = uint.MaxValue }
        },
        { "rows[0].edits.sequence", static page => page.Rows[0].Edits.Add(new V1.DeviceSequence()) },
        { "rows[0].edits.device", static page => page.Rows[0].Edits.Add(new V1.DeviceSequence { Sequence = 1, Device = 9 }) },
        { "rows[0].edits", static page => page.Rows[0].Edits.Add(Enumerable.Repeat(new V1.DeviceSequence { Sequence = 1 }, 3)) },
        { "rows[1].type", static page => page.Rows.Add(new V1.Row()) },
        { "rows[0].fields[0].name", static page => page.Rows[0].Fields[0].Name = "not a name" },
        { "rows[0].fields[1].name", static page => page.Rows[0].Fields[1].Name = "counter" },
        { "rows[0].fields[2].name", static page => page.Rows[0].Fields[2].Name = "a" },
        { "rows[0].fields[0].value", static page => page.Rows[0].Fields[0].ClearValue() },
        { "rows[0].fields[0].counter", static page => page.Rows[0].Fields[0].Counter = "1.0" },
        { "rows[0].fields[0].counter", static page => page.Rows[0].Fields[0].Counter = "" },
        { "rows[0].fields[0].counter", static page => page.Rows[0].Fields[0].Counter = "340282366920938463463374607431768211456" },
        { "rows[0].fields[1].json", static page => page.Rows[0].Fields[1].Json = ByteString.CopyFromUtf8("{") },
        { "rows[0].fields[1].stamp", static page => page.Rows[0].Fields[1].Stamp = null },
        { "rows[0].fields[1].stamp.counter", static page => page.Rows[0].Fields[1].Stamp.Counter = -1 },
        { "rows[0].fields[1].stamp.device", static page => page.Rows[0].Fields[1].Stamp.Device = 7 },
        { "rows[0].fields[2].stamp", static page => page.Rows[0].Fields[2].Stamp = null },
        { "rows[0].fields[3].set.entries.element", static page => page.Rows[0].Fields[3].Set.Entries[0].Element = null },
        { "rows[0].fields[3].set.entries.element", static page => page.Rows[0].Fields[3].Set.Entries[0].Element.Text = "\0" },
        { "rows[0].fields[3].set.entries.tags", static page => page.Rows[0].Fields[3].Set.Entries[0].Tags.Clear() },
        { "rows[0].fields[3].set.entries.tags", static page => Twice(page.Rows[0].Fields[3].Set.Entries[0].Tags) },
        { "rows[0].fields[3].set.entries.tags.device", static page => page.Rows[0].Fields[3].Set.Entries[0].Tags[0].Device = 2 },
        { "rows[0].fields[3].set.entries", static page => Twice(page.Rows[0].Fields[3].Set.Entries) },
    };

    [Theory]
    [MemberData(nameof(BadRows))]
    public void A_malformed_row_is_refused_and_its_field_named(string place, Action<V1.Page> damage)
    {
        var page = PageMapping.ToWire(
            [Row(
                new CounterField("counter", 3),
                new PlainField("plain", new Stamp(1, Device), JsonValue.FromText("1")),
                new PlainField("removed", new Stamp(1, Device), null),
                new SetFieldValue("set", [new SetEntry(SetElement.Of("a"), [new ElementTag(Device, 1, 0)])]))],
            [],
            SyncSchema.Open);
        Assert.Single(PageMapping.ReadRows(page));
        damage(page);
        var thrown = Assert.Throws<InvalidDataException>(() => PageMapping.ReadRows(page));
        Assert.StartsWith(place + " ", thrown.Message, StringComparison.Ordinal);
    }

    private static ImmutableArray<EntityRow> Travel(EntityRow[] rows) =>
        PageMapping.ReadRows(Encoded.Page.Parser.ParseFrom(PageMapping.ToWire(rows, [], EditWins).ToByteArray()));

    private static EntityRow Row(params Field[] fields) => new() { Key = new EntityKey("tasks", "t1"), Sequence = 1, Fields = [.. fields] };

    private static void Twice<T>(Google.Protobuf.Collections.RepeatedField<T> items) => items.Add(items[0]);
}
