namespace OrleansSync.Core.Tests.Merging;

/// <summary>What a resolver decided is set whatever the stamps; what cannot be set is an error of the resolver.</summary>
public sealed class OverwriteTests
{
    private static readonly DeviceId Device = new(new Guid("01000000-0000-7000-8000-000000000001"));

    private static readonly EntityRow Row = new()
    {
        Key = new EntityKey("offers", "1"),
        Sequence = 7,
        Generation = 1,
        LastEdit = new Stamp(9, Device),
        Fields = [new CounterField("count", 3), new PlainField("price", new Stamp(9, Device), JsonValue.FromText("1"))],
    };

    [Fact]
    public void Fields_are_set_and_removed_and_no_stamp_goes_back()
    {
        var row = Overwrite(("price", "2"), ("by", "\"me\""));

        Assert.Equal(["by", "count", "price"], row!.Fields.Select(static field => field.Name));
        Assert.Equal((4, 9), (StampOf(row, "by"), StampOf(row, "price")));
        Assert.Equal("{\"by\":\"me\",\"count\":3,\"price\":2}", System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row)));
        Assert.Equal("{\"count\":3}", System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(Overwrite(("price", null))!)));
    }

    [Fact]
    public void A_document_past_its_limits_is_none() =>
        Assert.Null(Merge.Overwrite(Row, new Stamp(4, Device), [("by", JsonValue.FromText("1"))], Limits.Default with { DocumentFields = 2 }));

    [Theory]
    [InlineData("count", "1")]
    [InlineData("no name", "1")]
    [InlineData("price", "{")]
    public void What_cannot_be_set_is_refused(string field, string value) =>
        Assert.Throws<ArgumentException>(() => Overwrite((field, value)));

    [Fact]
    public void A_deleted_document_has_no_fields_to_set() => Assert.Throws<ArgumentException>(
        () => Merge.Overwrite(Row with { Deleted = true }, new Stamp(4, Device), [("by", JsonValue.FromText("1"))], Limits.Default));

    private static EntityRow? Overwrite(params (string Field, string? Value)[] fields) => Merge.Overwrite(
        Row, new Stamp(4, Device), fields.Select(static one => (one.Field, one.Value is { } json ? JsonValue.FromText(json) : (JsonValue?)null)), Limits.Default);

    private static long StampOf(EntityRow row, string field) => row.Fields.OfType<PlainField>().Single(one => one.Name == field).Stamp.Counter;
}
