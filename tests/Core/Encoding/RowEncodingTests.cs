using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Encoding;

public sealed class RowEncodingTests
{
    private const string Device = "A000000000007000800000000000000A";

    [Fact]
    public void A_decoded_row_is_the_encoded_one() => RowGen.Any.Sample(static row =>
        Assert.Equal(Describe.Row(row), Describe.Row(Decode(row, RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row)))));

    [Fact]
    public void The_document_says_what_the_fields_hold() => RowGen.Any.Sample(static row =>
    {
        using var document = JsonDocument.Parse(RowEncoding.EncodeDocument(row));
        var shown = document.RootElement.EnumerateObject().ToList();
        var fields = row.Fields.Where(static field => field is not PlainField { Value: null }).ToList();
        Assert.Equal(fields.Select(static field => field.Name), shown.Select(static property => property.Name));
        foreach (var (field, property) in fields.Zip(shown)) AssertShows(field, property.Value);
    });

    [Fact]
    public void Every_truncation_of_a_column_is_refused() => RowGen.Any.Sample(static row =>
    {
        var (document, meta) = (RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));
        for (var size = 0; size < document.Length; size++)
        {
            Assert.Throws<FormatException>(() => Decode(row, document.AsMemory(0, size), meta));
        }

        for (var size = 0; size < meta.Length; size++)
        {
            Assert.Throws<FormatException>(() => Decode(row, document, meta.AsMemory(0, size)));
        }
    }, iter: 50);

    [Fact]
    public void Bytes_after_the_end_are_refused()
    {
        var (document, meta) = (RowEncoding.EncodeDocument(Samples.Row), RowEncoding.EncodeMeta(Samples.Row));
        Assert.Throws<FormatException>(() => Decode(Samples.Row, (byte[])[.. document, (byte)'1'], meta));
        Assert.Throws<FormatException>(() => Decode(Samples.Row, document, (byte[])[.. meta, 0]));
    }

    [Fact]
    public void Every_other_version_is_refused()
    {
        var (document, meta) = (RowEncoding.EncodeDocument(Samples.Row), RowEncoding.EncodeMeta(Samples.Row));
        for (var version = 0; version <= byte.MaxValue; version++)
        {
            if (version == 1) continue;
            meta[0] = (byte)version;
            Assert.Throws<FormatException>(() => Decode(Samples.Row, document, meta));
        }
    }

    [Fact]
    public void Damaged_columns_are_refused_or_are_the_encoding_of_what_they_say() =>
        Gen.Select(RowGen.Any, Gen.Select(Gen.Bool, Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 3]).Sample(static (row, damages) =>
        {
            var (document, meta) = (RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));
            foreach (var (inMeta, position, value) in damages)
            {
                var column = inMeta ? meta : document;
                column[position % column.Length] = value;
            }

            EntityRow decoded;
            try
            {
                decoded = Decode(row, document, meta);
            }
            catch (FormatException)
            {
                return;
            }

            Assert.Equal(Convert.ToHexString(meta), Convert.ToHexString(RowEncoding.EncodeMeta(decoded)));
        });

    public static TheoryData<string, string> WrongDocuments() => new()
    {
        { "not JSON", "{" },
        { "no object", "[]" },
        { "two objects", """{"n":1,"s":["a"],"t":1} {}""" },
        { "a field less", """{"n":1,"s":["a"]}""" },
        { "a field more", """{"n":1,"s":["a"],"t":1,"u":1}""" },
        { "another field", """{"n":1,"s":["a"],"u":1}""" },
        { "another order", """{"s":["a"],"n":1,"t":1}""" },
        { "a removed field", """{"n":1,"r":1,"s":["a"],"t":1}""" },
        { "another counter", """{"n":2,"s":["a"],"t":1}""" },
        { "a counter that is no integer", """{"n":1.0,"s":["a"],"t":1}""" },
        { "a counter that is no number", """{"n":"1","s":["a"],"t":1}""" },
        { "a set that is no array", """{"n":1,"s":"a","t":1}""" },
        { "an element less", """{"n":1,"s":[],"t":1}""" },
        { "an element more", """{"n":1,"s":["a","b"],"t":1}""" },
        { "an element of another kind", """{"n":1,"s":[true],"t":1}""" },
        { "an element that is a fraction", """{"n":1,"s":[1.5],"t":1}""" },
        { "an element with a lone surrogate", """{"n":1,"s":["\ud800"],"t":1}""" },
    };

    [Theory]
    [MemberData(nameof(WrongDocuments))]
    public void A_document_that_does_not_belong_to_the_meta_is_refused(string fault, string document)
    {
        var row = Small();
        Assert.Equal("""{"n":1,"s":["a"],"t":1}""", System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row)));
        var bytes = System.Text.Encoding.UTF8.GetBytes(document);
        var thrown = Record.Exception(() => Decode(row, bytes, RowEncoding.EncodeMeta(row)));
        Assert.True(thrown is FormatException, $"{fault}: {thrown}");
    }

    [Fact]
    public void A_document_that_is_not_UTF8_is_refused()
    {
        var row = Small();
        byte[] document = [.. """{"n":1,"s":["a"],"t":" """u8[..^1], 0xff, .. "\"}"u8];
        Assert.Throws<FormatException>(() => Decode(row, document, RowEncoding.EncodeMeta(row)));
    }

    [Fact]
    public void A_row_that_is_not_in_its_order_is_not_encoded()
    {
        var row = Small();
        Assert.Throws<ArgumentException>(() => RowEncoding.EncodeMeta(row with { Fields = [.. row.Fields.Reverse()] }));
        Assert.Throws<ArgumentException>(() => RowEncoding.EncodeMeta(row with { Fields = [row.Fields[0], row.Fields[0]] }));
        var tag = new ElementTag(Samples.DeviceA, 1, 0);
        AssertRefused(new SetEntry(SetElement.Of("b"), [tag]), new SetEntry(SetElement.Of("a"), [tag]));
        AssertRefused(new SetEntry(SetElement.Of("a"), [tag, tag]));
        AssertRefused(new SetEntry(SetElement.Of("a"), []));

        void AssertRefused(params SetEntry[] entries) =>
            Assert.Throws<ArgumentException>(() => RowEncoding.EncodeMeta(row with { Fields = [new SetFieldValue("s", [.. entries])] }));
    }

    [Fact]
    public void A_row_names_as_many_devices_as_it_has()
    {
        var devices = Enumerable.Range(1, 9).Select(static i => new DeviceId(new Guid(i, 0, 0, new byte[8]))).ToArray();
        var row = Samples.Row with
        {
            Fields = [.. devices.Concat(devices).Select(static (device, i) => new PlainField($"f{i:00}", new Stamp(i + 1, device), null))],
        };
        var meta = RowEncoding.EncodeMeta(row);
        var read = RowEncoding.Decode(row.Key, row.Sequence, RowEncoding.EncodeDocument(row), meta);
        Assert.Equal(row.Fields.ToArray(), read.Fields.ToArray());
        Assert.Equal(meta, RowEncoding.EncodeMeta(read));
    }

    [Fact]
    public void A_text_is_escaped_as_the_platform_escapes_it()
    {
        for (var c = '\u0001'; c < '\u0180'; c++)
        {
            var text = $"a{c}b";
            var set = new SetFieldValue("tags", [new SetEntry(SetElement.Of(text), [new ElementTag(Samples.DeviceA, 1, 0)])]);
            var document = System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(Samples.Row with { Fields = [set] }));
            Assert.Equal($$"""{"tags":["{{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}}"]}""", document);
        }
    }

    [Fact]
    public void A_device_is_written_once_a_row()
    {
        var id = Samples.DeviceA.Value.ToByteArray(bigEndian: true);
        var meta = RowEncoding.EncodeMeta(Samples.Row).AsSpan();
        var first = meta.IndexOf(id);
        Assert.True(first >= 0);
        Assert.Equal(-1, meta[(first + id.Length)..].IndexOf(id));
    }

    [Theory]
    [InlineData("00" + Device + "01" + Device)] // named twice
    [InlineData("01" + Device + "00" + Device)] // referred to before it is named
    public void A_device_that_is_named_wrongly_is_refused(string devices)
    {
        // Version, live, generation 1, no deletion time, birth or births; document stamp and last edit have counter 1.
        var first = devices[..34];
        var second = devices[34..];
        var meta =
            Convert.FromHexString("01" + "00" + "01" + "00" + "00" + "00" + "01" + first + "01" + second + "00" + "0000" + "0000" + "00");
        Assert.Throws<FormatException>(() => Decode(Small(), "{}"u8.ToArray(), meta));
    }

    [Fact]
    public void A_tombstone_keeps_its_fields()
    {
        var decoded = Decode(Samples.Tombstone, RowEncoding.EncodeDocument(Samples.Tombstone), RowEncoding.EncodeMeta(Samples.Tombstone));
        Assert.Equal(Samples.Row.Fields.Select(Describe.Field), decoded.Fields.Select(Describe.Field));
    }

    private static EntityRow Small() => new()
    {
        Key = new EntityKey("tasks", "t1"),
        Sequence = 1,
        Fields =
        [
            new CounterField("n", 1),
            new PlainField("r", new Stamp(1, Samples.DeviceA), null),
            new SetFieldValue("s", [new SetEntry(SetElement.Of("a"), [new ElementTag(Samples.DeviceA, 1, 0)])]),
            new PlainField("t", new Stamp(1, Samples.DeviceA), JsonValue.FromText("1")),
        ],
    };

    private static EntityRow Decode(EntityRow row, ReadOnlyMemory<byte> document, ReadOnlyMemory<byte> meta) =>
        RowEncoding.Decode(row.Key, row.Sequence, document, meta);

    private static void AssertShows(Field field, JsonElement shown)
    {
        switch (field)
        {
            case PlainField plain:
                Assert.Equal(plain.Value!.Value.ToString(), shown.GetRawText());
                break;
            case CounterField counter:
                Assert.Equal(counter.Saturated, shown.GetInt64());
                break;
            case SetFieldValue set:
                var elements = shown.EnumerateArray().Select(static item =>
                    item.ValueKind == JsonValueKind.String ? SetElement.Of(item.GetString()!) : SetElement.Of(item.GetInt64()));
                Assert.Equal(set.Entries.Select(static entry => entry.Element), elements);
                break;
        }
    }
}
