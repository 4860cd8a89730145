using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;

namespace OrleansSync.Core;

/// <summary>Writes the document column: one JSON object, a property for each field that is there, in the order of names.</summary>
internal static class RowDocument
{
    private const int MaxEscape = 6;
    private const int MaxNumber = 20;
    private const int SmallText = 256;

    // The document is data in a column, never markup: letters of all languages stay readable.
    private static readonly JavaScriptEncoder Escapes = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    // What names of fields and most elements are made of.
    private static readonly SearchValues<char> Verbatim =
        SearchValues.Create(" -.0123456789:@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    public static void Write(ref CanonicalWriter writer, EntityRow row)
    {
        writer.Byte((byte)'{');
        var first = true;
        foreach (var field in row.Fields)
        {
            if (field is PlainField { Value: null }) continue;
            if (!first) writer.Byte((byte)',');
            first = false;
            Text(ref writer, field.Name);
            writer.Byte((byte)':');
            switch (field)
            {
                case PlainField { Value: { } value }:
                    writer.Raw(value.Utf8.Span);
                    break;
                case CounterField counter:
                    Number(ref writer, counter.Saturated);
                    break;
                case SetFieldValue set:
                    Elements(ref writer, set);
                    break;
            }
        }

        writer.Byte((byte)'}');
    }

    private static void Elements(ref CanonicalWriter writer, SetFieldValue set)
    {
        writer.Byte((byte)'[');
        var first = true;
        foreach (var entry in set.Entries)
        {
            if (!first) writer.Byte((byte)',');
            first = false;
            if (entry.Element.Text is { } text) Text(ref writer, text);
            else Number(ref writer, entry.Element.Number);
        }

        writer.Byte((byte)']');
    }

    private static void Number(ref CanonicalWriter writer, long value)
    {
        Utf8Formatter.TryFormat(value, writer.Reserve(MaxNumber), out var written);
        writer.Unreserve(MaxNumber - written);
    }

    private static void Text(ref CanonicalWriter writer, string text)
    {
        writer.Byte((byte)'"');
        if (text.AsSpan().ContainsAnyExcept(Verbatim)) Escaped(ref writer, text);
        else Encoding.ASCII.GetBytes(text, writer.Reserve(text.Length));
        writer.Byte((byte)'"');
    }

    private static void Escaped(ref CanonicalWriter writer, string text)
    {
        var size = CanonicalWriter.Strict.GetByteCount(text);
        var utf8 = size <= SmallText ? stackalloc byte[SmallText] : new byte[size];
        utf8 = utf8[..CanonicalWriter.Strict.GetBytes(text, utf8)];
        var room = utf8.Length * MaxEscape;
        Escapes.EncodeUtf8(utf8, writer.Reserve(room), out _, out var written);
        writer.Unreserve(room - written);
    }
}
