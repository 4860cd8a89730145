using System.Text.Json;
using CsCheck;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Validation;

public sealed class JsonRulesTests
{
    private static readonly Limits Small = new() { ValueBytes = 64, Nesting = 3 };

    [Theory]
    [InlineData("null")]
    [InlineData("-0")]
    [InlineData("1e400")]
    [InlineData("\"\"")]
    [InlineData("\" inner space \"")]
    [InlineData("{}")]
    [InlineData("[ 1 , 2 ]")]
    [InlineData("""{"a":{"a":1},"b":[{"a":1},{"a":2}]}""")]
    [InlineData("""["\ud83d\ude00","\\u0000","\"","\\ud800"]""")]
    [InlineData("\"\u007f\u0080\ud83d\ude00\"")]
    [InlineData("[[[1]]]")]
    public void A_good_value_has_no_fault(string json) => Assert.Null(JsonRules.Check(System.Text.Encoding.UTF8.GetBytes(json), Small));

    [Theory]
    [InlineData("", FaultCode.InvalidJson)]
    [InlineData(" 1", FaultCode.SurroundingWhiteSpace)]
    [InlineData("1\n", FaultCode.SurroundingWhiteSpace)]
    [InlineData("\t", FaultCode.SurroundingWhiteSpace)]
    [InlineData("nul", FaultCode.InvalidJson)]
    [InlineData("1 2", FaultCode.InvalidJson)]
    [InlineData("{} []", FaultCode.InvalidJson)]
    [InlineData("[1,]", FaultCode.InvalidJson)]
    [InlineData("{\"a\":1", FaultCode.InvalidJson)]
    [InlineData("{a:1}", FaultCode.InvalidJson)]
    [InlineData("'a'", FaultCode.InvalidJson)]
    [InlineData("01", FaultCode.InvalidJson)]
    [InlineData("+1", FaultCode.InvalidJson)]
    [InlineData("NaN", FaultCode.InvalidJson)]
    [InlineData("1//c", FaultCode.InvalidJson)]
    [InlineData("\"\n\"", FaultCode.InvalidJson)]
    [InlineData("\"\\x\"", FaultCode.InvalidJson)]
    [InlineData("\"\\u12\"", FaultCode.InvalidJson)]
    [InlineData("\ufeff1", FaultCode.InvalidJson)]
    [InlineData("[[[[1]]]]", FaultCode.TooDeep)]
    [InlineData("[[[{}]]]", FaultCode.TooDeep)]
    [InlineData("[[[[[[[[[[", FaultCode.TooDeep)]
    [InlineData("""{"a":1,"a":1}""", FaultCode.DuplicateKey)]
    [InlineData("""{"a":1,"\u0061":2}""", FaultCode.DuplicateKey)]
    [InlineData("""{"b":{"a":1,"c":[],"a":2}}""", FaultCode.DuplicateKey)]
    [InlineData("""{"a":{"x":1},"b":2,"a":3}""", FaultCode.DuplicateKey)]
    [InlineData("\"\\u0000\"", FaultCode.NulCharacter)]
    [InlineData("{\"\\u0000\":1}", FaultCode.NulCharacter)]
    [InlineData("\"\\\\\\u0000\"", FaultCode.NulCharacter)]
    [InlineData("\"a\0b\"", FaultCode.NulCharacter)]
    [InlineData("\"\\ud800\"", FaultCode.LoneSurrogate)]
    [InlineData("\"\\ud800x\"", FaultCode.LoneSurrogate)]
    [InlineData("\"\\ud800\\n\"", FaultCode.LoneSurrogate)]
    [InlineData("\"\\ud800\\ud800\\udc00\"", FaultCode.LoneSurrogate)]
    [InlineData("\"\\udc00\"", FaultCode.LoneSurrogate)]
    [InlineData("\"\\uDC00\\uD800\"", FaultCode.LoneSurrogate)]
    [InlineData("{\"\\ud800\":1}", FaultCode.LoneSurrogate)]
    [InlineData("\"0123456789012345678901234567890123456789012345678901234567890123\"", FaultCode.ValueTooLarge)]
    public void A_bad_value_has_its_fault(string json, FaultCode expected) =>
        Assert.Equal(expected, JsonRules.Check(System.Text.Encoding.UTF8.GetBytes(json), Small)?.Code);

    [Theory]
    [InlineData("22FF22")] // no UTF-8
    [InlineData("22EDA08022")] // a written lone surrogate
    [InlineData("22C08022")] // an overlong NUL
    [InlineData("22C3")] // a cut character
    public void A_value_that_is_not_UTF8_is_no_JSON(string hex) =>
        Assert.Equal(FaultCode.InvalidJson, JsonRules.Check(Convert.FromHexString(hex), Small)?.Code);

    [Fact]
    public void The_limits_are_inclusive()
    {
        var text = "\"" + new string('x', Limits.Default.ValueBytes - 2) + "\"";
        Assert.Null(JsonRules.Check(System.Text.Encoding.UTF8.GetBytes(text), Limits.Default));
        Assert.Equal(FaultCode.ValueTooLarge, JsonRules.Check(System.Text.Encoding.UTF8.GetBytes(text + "x"), Limits.Default)?.Code);
        Assert.Null(JsonRules.Check(Nested(Limits.Default.Nesting), Limits.Default));
        Assert.Equal(FaultCode.TooDeep, JsonRules.Check(Nested(Limits.Default.Nesting + 1), Limits.Default)?.Code);
    }

    [Fact]
    public void No_configuration_allows_what_a_stored_row_could_not_hold()
    {
        var generous = new Limits { Nesting = int.MaxValue };
        Assert.Null(JsonRules.Check(Nested(JsonRules.MaxNesting), generous));
        Assert.Equal(FaultCode.TooDeep, JsonRules.Check(Nested(JsonRules.MaxNesting + 1), generous)?.Code);
        var row = new EntityRow
        {
            Key = new EntityKey("t", "e"),
            Sequence = 1,
            Fields = [new PlainField("f", new Stamp(1, new DeviceId(Guid.NewGuid())), new JsonValue(Nested(JsonRules.MaxNesting)))],
        };
        Assert.Single(RowEncoding.Decode(row.Key, 1, RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row)).Fields);
    }

    /// <summary>A value of many keys costs no square of them.</summary>
    [Fact]
    public void Many_keys_are_compared_in_one_go()
    {
        var keys = string.Join(',', Enumerable.Range(0, 7_000).Select(static i => $"\"{i:x4}\":0"));
        Assert.Null(JsonRules.Check(System.Text.Encoding.UTF8.GetBytes("{" + keys + "}"), Limits.Default));
        var twice = System.Text.Encoding.UTF8.GetBytes("{" + keys + ",\"0000\":1}");
        Assert.Equal(FaultCode.DuplicateKey, JsonRules.Check(twice, Limits.Default)?.Code);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    public void A_key_is_found_twice_among_few_and_among_many(int others)
    {
        var keys = string.Join(',', Enumerable.Range(0, others).Select(static i => $"\"k{i}\":{{\"a\":0}}"));
        Assert.Null(JsonRules.Check(System.Text.Encoding.UTF8.GetBytes($$"""{{{keys}},"a":1}"""), Limits.Default));
        foreach (var again in new[] { "k0", "\\u006b0", $"k{others - 1}" })
        {
            var twice = System.Text.Encoding.UTF8.GetBytes($$"""{{{keys}},"{{again}}":1}""");
            Assert.Equal(FaultCode.DuplicateKey, JsonRules.Check(twice, Limits.Default)?.Code);
        }
    }

    /// <summary>Simple values are told without a reader; in an array they are not.</summary>
    [Fact]
    public void A_simple_value_is_good_where_it_is_good_in_an_array() => Gen.Select(
        Gen.Int[0, 3], Gen.Char["\"\\u0d8 1e-.truefalsn\0\u001f\u007fé"].Array[0, 4], Gen.Int[0, 3]).Sample(
        static (start, middle, end) =>
        {
            string[] starts = ["\"", "1", "t", ""], ends = ["\"", "0", "rue", ""];
            var json = starts[start] + new string(middle) + ends[end];
            if (json != json.Trim() || json.Length == 0) return;
            Assert.Equal(
                JsonRules.Check(System.Text.Encoding.UTF8.GetBytes($"[{json}]"), Limits.Default) is null,
                JsonRules.Check(System.Text.Encoding.UTF8.GetBytes(json), Limits.Default) is null);
        }, iter: 50_000);

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 100].Sample(static bytes =>
    {
        if (JsonRules.Check(bytes, Small) is null) AssertParses(bytes);
    });

    [Fact]
    public void Nearly_JSON_never_throws() => Gen.Char["{}[]\",:\\u0dD8cC 1eE-+.tfn\0\ud83d"].Array[0, 40].Sample(static text =>
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        if (JsonRules.Check(bytes, Small) is null) AssertParses(bytes);
    }, iter: 20_000);

    [Fact]
    public void Values_that_the_platform_reads_are_good() => ValueGen.Json.Sample(static value =>
    {
        AssertParses(value.Utf8);
        Assert.Null(JsonRules.Check(value.Utf8.Span, Limits.Default));
    });

    [Fact]
    public void A_damaged_value_is_good_only_where_the_platform_reads_it() =>
        Gen.Select(ValueGen.Json, Gen.Int[0, 1000], Gen.Byte).Sample(static (value, position, damage) =>
        {
            var bytes = value.Utf8.ToArray();
            bytes[position % bytes.Length] = damage;
            if (JsonRules.Check(bytes, Limits.Default) is null) AssertParses(bytes);
        });

    private static void AssertParses(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.NotEqual(JsonValueKind.Undefined, document.RootElement.ValueKind);
    }

    private static byte[] Nested(int levels) => System.Text.Encoding.UTF8.GetBytes(new string('[', levels) + new string(']', levels));
}
