using System.Text;
using System.Text.Json;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>Between an app's items and an entity's id and fields.</summary>
internal abstract class ItemCodec<T>
{
    /// <summary>The name that stands for the entity's id and so cannot be a field.</summary>
    public abstract string IdName { get; }

    public abstract (string Id, List<SetField> Fields) Encode(T item);

    public abstract T Decode(EntityKey key, byte[] document);

    /// <summary>Takes a JSON object apart; values keep their bytes.</summary>
    /// <param name="utf8">The object.</param>
    /// <param name="type">For messages.</param>
    /// <param name="idName">The name that stands for the id; <c>null</c>: there is none.</param>
    /// <param name="names">Names in the order in which they are likely to come: those that do are not made anew.</param>
    /// <param name="id">The id; <c>null</c>: not found.</param>
    protected static List<SetField> Split(ReadOnlyMemory<byte> utf8, string type, string? idName, ReadOnlySpan<string> names, out string? id)
    {
        id = null;
        var next = 0;
        var fields = new List<SetField>(names.Length);
        var reader = new Utf8JsonReader(utf8.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw StoreErrors.NoId(type, "it is no JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NextOf(names, ref next, ref reader) ?? reader.GetString()!;
            reader.Read();
            if (name == idName)
            {
                id = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw StoreErrors.NoId(type, "it is no text");
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            fields.Add(new SetField(name, new JsonValue(utf8[start..(int)reader.BytesConsumed])));
        }

        return fields;
    }

    /// <summary>The known name that the reader is at, looked for from a position on, which moves behind it; <c>null</c>: none of them.</summary>
    private static string? NextOf(ReadOnlySpan<string> names, ref int next, ref Utf8JsonReader reader)
    {
        for (var i = next; i < names.Length; i++)
        {
            if (!reader.ValueTextEquals(names[i])) continue;
            next = i + 1;
            return names[i];
        }

        return null;
    }

    /// <summary>The stored document with the id put back, last, so that it wins over a field of the same name.</summary>
    protected static byte[] WithId(byte[] document, string idName, string id)
    {
        var tail = Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(idName)}\":\"{JsonEncodedText.Encode(id)}\"}}");
        var comma = document.Length > 2;
        var whole = new byte[document.Length - 1 + (comma ? 1 : 0) + tail.Length];
        document.AsSpan(..^1).CopyTo(whole);
        if (comma) whole[document.Length - 1] = (byte)',';
        tail.CopyTo(whole, whole.Length - tail.Length);
        return whole;
    }
}
