using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansSync.Core;

namespace OrleansSync.Generators;

/// <summary>Names, texts and JSON values that the rules allow, with what usually breaks: escapes, all planes, bounds.</summary>
public static class ValueGen
{
    private const string NameStart = "ABCXYZabcxyz_";
    private const string NameRest = NameStart + "0189";

    /// <summary>Few names, so that things meet; sometimes any name.</summary>
    public static readonly Gen<string> Name = Gen.Frequency(
        (4, Gen.OneOf("title", "body", "done", "count", "tags", "_x", "A", "a")),
        (1, Gen.Select(Gen.Char[NameStart], Gen.String[Gen.Char[NameRest], 0, 63], static (first, rest) => first + rest)));

    public static readonly Gen<string> TypeName = Gen.OneOf("tasks", "notes", "Photos", "_t1");

    /// <summary>Any Unicode text without control characters and lone surrogates.</summary>
    public static readonly Gen<string> Text = Gen.OneOf(
            Gen.Int[0x20, 0x7e], Gen.Int[0xa0, 0xd7ff], Gen.Int[0xe000, 0xfffd], Gen.Int[0x10000, 0x10ffff])
        .Array[0, 12]
        .Select(static scalars =>
        {
            var text = new StringBuilder();
            foreach (var scalar in scalars) text.Append(char.ConvertFromUtf32(scalar));
            return text.ToString();
        });

    public static readonly Gen<string> EntityId = Gen.Frequency(
        (3, Gen.Int[1, 5].Select(static n => "e" + n.ToString(CultureInfo.InvariantCulture))),
        (1, Text.Where(static text => text.Length > 0)));

    private static readonly Gen<string> JsonString = Gen.OneOf(
        Text.Select(static text => JsonSerializer.Serialize(text)),
        Text.Select(Quote),
        Gen.Const(@"""\ud83d\ude00\u0001\/\n"""));

    private static readonly Gen<string> JsonScalar = Gen.OneOf(
        Gen.OneOf("null", "true", "false", "0", "-0", "1.50", "1e400", "123456789012345678901234567890", "\"\"", "{}", "[]"),
        Gen.Long.Select(static number => number.ToString(CultureInfo.InvariantCulture)),
        JsonString);

    /// <summary>A JSON value as some writer may have formatted it.</summary>
    public static readonly Gen<JsonValue> Json = JsonText(2).Select(JsonValue.FromText);

    private static Gen<string> JsonText(int depth)
    {
        if (depth == 0) return JsonScalar;
        var inner = JsonText(depth - 1);
        return Gen.Frequency(
            (3, JsonScalar),
            (1, inner.Array[0, 4].Select(static items => "[" + string.Join(" ,", items) + "]")),
            (1, Gen.Select(Name, inner).Array[0, 4].Select(Object)));
    }

    // Escapes only what must be, unlike the platform.
    private static string Quote(string text) =>
        "\"" + text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string Object((string Name, string Value)[] members) =>
        "{" + string.Join(", ", members.DistinctBy(static member => member.Name).Select(Member)) + "}";

    private static string Member((string Name, string Value) member) => $"\"{member.Name}\" :\t{member.Value}";
}
