using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Backend;

/// <summary>An entity as of its last change.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Id">Its id.</param>
/// <param name="Version">The commit of the change: what <c>expected</c> of a write names.</param>
/// <param name="Deleted">It is gone, and has no document.</param>
/// <param name="ByBackend">The change is server code's own.</param>
/// <param name="Document">Its fields as one JSON object, UTF-8; counters are numbers, sets are arrays.</param>
public sealed record SyncChange(string Type, string Id, long Version, bool Deleted, bool ByBackend, ReadOnlyMemory<byte> Document)
{
    /// <summary>The fields, parsed at each call.</summary>
    /// <exception cref="InvalidOperationException">The entity is deleted.</exception>
    public JsonObject ToJsonObject() => JsonNode.Parse(Live.Span)!.AsObject();

    /// <summary>As a model of the app's own, whose property "id" gets the entity's id; read at each call.</summary>
    /// <exception cref="InvalidOperationException">The entity is deleted.</exception>
    /// <exception cref="JsonException">The document does not fit the model.</exception>
    public T As<T>(JsonTypeInfo<T> typeInfo)
    {
        var document = Documents.IdNameOf(typeInfo) is { } idName ? Documents.WithId(Live, idName, Id) : Live;
        return JsonSerializer.Deserialize(document.Span, typeInfo) ?? throw new JsonException("The document reads as null.");
    }

    // A copy: the document is a slice of the page, which it would keep.
    internal static SyncChange Of(StoredRow stored) => Of(stored.Decode(), stored.Document.ToArray());

    internal static SyncChange Of(EntityRow row) => Of(row, document: null);

    private ReadOnlyMemory<byte> Live =>
        Deleted ? throw new InvalidOperationException($"{Type}/{Id} is deleted; it has no document.") : Document;

    // What a tombstone hides is nobody's to read.
    private static SyncChange Of(EntityRow row, byte[]? document) => new(
        row.Key.Type, row.Key.Id, row.Sequence, row.Deleted, row.Changes.First == DeviceId.Backend,
        row.Deleted ? default : document ?? RowEncoding.EncodeDocument(row));
}
