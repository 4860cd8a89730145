using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>Items as plain JSON objects.</summary>
internal sealed class DocumentCodec(string type) : ItemCodec<SyncDocument>
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What an item's id is called in its JSON.</summary>
    public const string Id = "id";

    public override string IdName => Id;

    public override (string Id, List<SetField> Fields) Encode(SyncDocument item)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Relaxed)) item.Fields.WriteTo(writer);
        var fields = Split(buffer.WrittenMemory, type, idName: null, [], out _);
        if (fields.Exists(field => field.Field == IdName))
            throw StoreErrors.NoId(type, "\"id\" is the entity's id and cannot be a field of its document");
        return (item.Id, fields);
    }

    public override SyncDocument Decode(EntityKey key, byte[] document)
    {
        try
        {
            return new SyncDocument(key.Id, JsonNode.Parse(document)!.AsObject());
        }
        catch (JsonException exception)
        {
            throw StoreErrors.Unreadable(key, typeof(SyncDocument), exception);
        }
    }
}
