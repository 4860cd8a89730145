using System.Collections.Immutable;
using System.Text.Json;

namespace OrleansSync.Core;

/// <summary>
/// Changes as people and other programs read them: an array with an object for each, such as <c>{"field":"title","set":"milk"}</c>. What
/// only merging needs (counters, tags that were seen) is not in it.
/// </summary>
public static class FieldChangeJson
{
    /// <summary>Writes the array.</summary>
    public static void Write(Utf8JsonWriter json, ImmutableArray<FieldChange> changes)
    {
        json.WriteStartArray();
        foreach (var change in changes) Write(json, change);
        json.WriteEndArray();
    }

    /// <summary>Reads what <see cref="Write(Utf8JsonWriter, ImmutableArray{FieldChange})"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static ImmutableArray<FieldChange> Read(JsonElement array)
    {
        try
        {
            return [.. array.EnumerateArray().Select(ReadChange)];
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("These are no changes.", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, FieldChange change)
    {
        json.WriteStartObject();
        json.WriteString("field", change.Field);
        switch (change)
        {
            case SetField set:
                json.WritePropertyName("set");
                json.WriteRawValue(set.Value.Utf8.Span);
                break;
            case RemoveField:
                json.WriteBoolean("remove", true);
                break;
            case IncrementField increment:
                json.WriteNumber("increment", increment.Delta);
                break;
            case AddElement add:
                json.WritePropertyName("add");
                Write(json, add.Element);
                break;
            case RemoveElement remove:
                json.WritePropertyName("remove_element");
                Write(json, remove.Element);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "A kind of change that has no form here.");
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SetElement element)
    {
        if (element.Text is { } text) json.WriteStringValue(text);
        else json.WriteNumberValue(element.Number);
    }

    private static FieldChange ReadChange(JsonElement change)
    {
        var field = change.GetProperty("field").GetString()!;
        if (change.TryGetProperty("set", out var value)) return new SetField(field, JsonValue.FromText(value.GetRawText()));
        if (change.TryGetProperty("remove", out _)) return new RemoveField(field);
        if (change.TryGetProperty("increment", out var delta)) return new IncrementField(field, delta.GetInt64());
        return change.TryGetProperty("add", out var added)
            ? new AddElement(field, ElementOf(added), 0, [])
            : new RemoveElement(field, ElementOf(change.GetProperty("remove_element")), []);
    }

    private static SetElement ElementOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? SetElement.Of(element.GetString()!) : SetElement.Of(element.GetInt64());
}
