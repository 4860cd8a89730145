using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Encoding;

/// <summary>
/// Bytes that lie in databases and journals. A test here that fails means that stored data is no longer read or that
/// repeated operations look reused: add a version, never change an expectation.
/// </summary>
public sealed class GoldenTests
{
    private const string Document = """{"minutes":9223372036854775807,"tags":[-42,"a\"b"],"title":{"x" : 1}}""";

    [Theory]
    [InlineData("create",
        "0101920000000070008000000000000001A000000000007000800000000000000A057461736B7302743101050000010000020105746974" +
        "6C650009224772C3BCC39F65220204626F64790400")]
    [InlineData("update",
        "0101920000000070008000000000000002B000000000007000800000000000000B057461736B7302743102AC0207C0843D02AB02000303" +
        "076D696E757465730005040474616773000106757267656E740101A000000000007000800000000000000A0500050474616773AA020053" +
        "01B000000000007000800000000000000B060202076D696E7574657301023130047461677300")]
    [InlineData("delete",
        "0101920000000070008000000000000003A000000000007000800000000000000A056E6F74657306E697A5E69CAC030100000100010192" +
        "00000000700080000000000000FF01030000")]
    public void Operations(string name, string hex)
    {
        Assert.Equal(hex, Convert.ToHexString(OperationEncoding.Encode(Operation(name))));
        Assert.Equal(Describe.Operation(Operation(name)), Describe.Operation(OperationEncoding.Decode(Convert.FromHexString(hex))));
    }

    [Theory]
    [InlineData("create", "1498FAA441D0C0B5FA006F6CDF1BF600")]
    [InlineData("update", "66CAEAF93F20754B044E261C247F4C0C")]
    [InlineData("delete", "7BD7FD8F49058A426719E67F6458EB9A")]
    public void Content_hashes(string name, string hex) =>
        Assert.Equal(hex, OperationEncoding.ContentHash(Operation(name)).ToString("X32"));

    [Theory]
    [InlineData("live", Document,
        "01000200030203C8010400A000000000007000800000000000000A0901B000000000007000800000000000000B00AC0201FA0100AC0201" +
        "000404626F6479020800076D696E75746573037FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF0474616773040202000500010501010109020574" +
        "69746C65010901")]
    [InlineData("tombstone", Document,
        "01010280B883A1F732030203C8010400A000000000007000800000000000000A0901B000000000007000800000000000000B0A00AD0200" +
        "AC0201AC0201000404626F6479020800076D696E75746573037FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF0474616773040202000500010501" +
        "01010902057469746C65010901")]
    public void Rows(string name, string document, string meta)
    {
        var row = Row(name);
        Assert.Equal(document, System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row)));
        Assert.Equal(meta, Convert.ToHexString(RowEncoding.EncodeMeta(row)));
        var decoded = RowEncoding.Decode(row.Key, row.Sequence, System.Text.Encoding.UTF8.GetBytes(document), Convert.FromHexString(meta));
        Assert.Equal(Describe.Row(row), Describe.Row(decoded));
    }

    [Fact]
    public void Digests()
    {
        Assert.Equal("0ADA99ED66E51F07EAEBD6B374BDD692", Digest.OfRow(Samples.Row).ToString("X32"));
        Assert.Equal("15B533DACDCA3E0FD5D7AD66E97BAD24", Digest.OfRows([Samples.Row, Samples.Row]).ToString("X32"));
    }

    private static Operation Operation(string name) => name switch
    {
        "create" => Samples.Create,
        "update" => Samples.Update,
        _ => Samples.Delete,
    };

    private static EntityRow Row(string name) => name == "live" ? Samples.Row : Samples.Tombstone;
}
