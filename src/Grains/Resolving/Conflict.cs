using System.Text.Json.Nodes;
using OrleansSync.Core;

namespace OrleansSync.Conflicts;

/// <summary>
/// An operation and what it meets. Documents are JSON objects of the fields that are there: counters are numbers, sets are arrays.
/// Read one as a model with <c>Deserialize(JsonTypeInfo)</c>.
/// </summary>
public sealed class Conflict
{
    private readonly EntityRow? _row;
    private readonly EntityRow? _merged;

    internal Conflict(EntityRow? row, Operation operation, MergeResult merged) =>
        (_row, _merged, Operation, IsConcurrent) = (row, merged.Row, operation, merged.Concurrent);

    /// <summary>What the device asks for.</summary>
    public Operation Operation { get; }

    /// <summary>The type and the id.</summary>
    public EntityKey Entity => Operation.Entity;

    /// <summary>Another device changed the entity after what the writing one knew.</summary>
    public bool IsConcurrent { get; }

    /// <summary>The plain fields that the operation sets or removes, as its device knew them; those that it did not know are missing.</summary>
    public JsonObject Base
    {
        get
        {
            var known = new JsonObject();
            foreach (var before in Operation.Before) known[before.Field] = NodeOf(before.Value);
            return known;
        }
    }

    /// <summary>The plain fields that the operation sets, as it sets them; <c>null</c>: it removes the field.</summary>
    public JsonObject Mine
    {
        get
        {
            var wanted = new JsonObject();
            foreach (var change in Operation.Changes)
            {
                if (change is SetField set) wanted[set.Field] = NodeOf(set.Value);
                else if (change is RemoveField) wanted[change.Field] = null;
            }

            return wanted;
        }
    }

    /// <summary>The document as it stands; <c>null</c>: there is none, or it is deleted.</summary>
    public JsonObject? Theirs => DocumentOf(_row);

    /// <summary>What merging field by field would make of it; <c>null</c>: it would be deleted.</summary>
    public JsonObject? Merged => DocumentOf(_merged);

    private static JsonObject? DocumentOf(EntityRow? row) =>
        row is null or { Deleted: true } ? null : JsonNode.Parse(RowEncoding.EncodeDocument(row))!.AsObject();

    private static JsonNode? NodeOf(Core.JsonValue? value) => value is { } json ? JsonNode.Parse(json.Utf8.Span) : null;
}
