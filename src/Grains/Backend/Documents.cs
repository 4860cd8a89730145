using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using OrleansSync.Core;
using JsonValue = OrleansSync.Core.JsonValue;

namespace OrleansSync.Backend;

/// <summary>Between JSON and fields.</summary>
internal static class Documents
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The property of a model that is its entity's id; <c>null</c>: it has none.</summary>
    public static string? IdNameOf(JsonTypeInfo typeInfo) =>
        typeInfo.Properties.FirstOrDefault(static property => property.Name.Equals("id", StringComparison.OrdinalIgnoreCase))?.Name;

    public static JsonValue Encode(JsonNode? node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
        {
            if (node is null) writer.WriteNullValue();
            else node.WriteTo(writer);
        }

        return new JsonValue(buffer.WrittenMemory);
    }

    /// <summary>A document with the id put back, last, so that it wins over a field of the same name.</summary>
    public static ReadOnlyMemory<byte> WithId(ReadOnlyMemory<byte> document, string idName, string id)
    {
        var comma = document.Length > 2 ? "," : "";
        var tail = Encoding.UTF8.GetBytes($"{comma}\"{JsonEncodedText.Encode(idName)}\":\"{JsonEncodedText.Encode(id)}\"}}");
        return (byte[])[.. document.Span[..^1], .. tail];
    }

    /// <summary>Takes a JSON object apart; values keep their bytes.</summary>
    /// <param name="json">One JSON value.</param>
    /// <param name="idName">The property that is the entity's id and no field; <c>null</c>: there is none.</param>
    /// <param name="id">That id; <c>null</c>: it is missing or no text.</param>
    /// <returns><c>null</c>: it is no object.</returns>
    public static List<SetField>? Split(ReadOnlyMemory<byte> json, string? idName, out string? id)
    {
        id = null;
        var fields = new List<SetField>();
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == idName)
            {
                id = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                reader.Skip();
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            fields.Add(new SetField(name, new JsonValue(json[start..(int)reader.BytesConsumed])));
        }

        return fields;
    }
}
