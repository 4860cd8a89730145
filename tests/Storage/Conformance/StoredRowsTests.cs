using CsCheck;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Tests.Conformance;

/// <summary>Rows in few arrays: what goes in comes out, whatever the sizes.</summary>
public sealed class StoredRowsTests
{
    private static readonly Gen<byte[]> Part = Gen.Frequency(
        (6, Gen.Byte.Array[0, 20]), (2, Gen.Byte.Array[200, 2_000]), (1, Gen.Byte.Array[60_000, 70_000]));

    private static readonly Gen<StoredRow> Row = Gen.Select(
        Gen.Long, Part, Part, Part, Part, static (sequence, type, id, document, meta) => new StoredRow(type, id, sequence, document, meta));

    [Fact]
    public void What_goes_in_comes_out_in_its_order() => Row.List[0, 40].Sample(static rows =>
    {
        var stored = StoredRows.Of(rows);
        Assert.Equal(rows.Count, stored.Count);
        Assert.Equal(rows.Select(Told), stored.AsEnumerable().Select(Told));
        if (rows.Count > 0) Assert.Equal(Told(rows[^1]), Told(stored.Last));
    });

    [Fact]
    public void No_rows_have_no_last_one() => Assert.Throws<InvalidOperationException>(() => StoredRows.Empty.Last);

    private static string Told(StoredRow row) => string.Join(
        '|', row.Sequence, Hex(row.TypeUtf8), Hex(row.IdUtf8), Hex(row.Document), Hex(row.Meta));

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
