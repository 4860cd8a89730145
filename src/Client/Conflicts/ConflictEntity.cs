using System.Collections.Immutable;
using System.Text.Json;
using OrleansSync.Core;

namespace OrleansSync.Client;

/// <summary>What waits about one entity.</summary>
/// <param name="Type">The entity's type.</param>
/// <param name="EntityId">The entity's id.</param>
/// <param name="Kind">What the last write that waits would do.</param>
/// <param name="IsGone">The entity was deleted, or is not on this device.</param>
/// <param name="Fields">The plain fields that the writes would change, in the order of their names; none where the last one deletes.</param>
/// <param name="Changes">All changes of the writes, in order: also of counters and sets.</param>
public sealed record ConflictEntity(
    string Type, string EntityId, OperationKind Kind, bool IsGone, IReadOnlyList<ConflictField> Fields, ImmutableArray<FieldChange> Changes)
{
    internal static ConflictEntity Of(IReadOnlyList<ParkedOperation> parked, byte[]? theirs)
    {
        var before = new Dictionary<string, JsonValue?>(StringComparer.Ordinal);
        var mine = new SortedDictionary<string, JsonValue?>(StringComparer.Ordinal);
        foreach (var image in parked.SelectMany(static one => one.Before)) before.TryAdd(image.Field, image.Value);
        foreach (var change in parked.SelectMany(static one => one.Changes))
        {
            if (change is SetField set) mine[set.Field] = set.Value;
            else if (change is RemoveField) mine[change.Field] = null;
        }

        using var document = theirs is null ? null : JsonDocument.Parse(theirs);
        var fields = mine.Select(field => new ConflictField(
            field.Key,
            before.GetValueOrDefault(field.Key),
            field.Value,
            document is not null && document.RootElement.TryGetProperty(field.Key, out var value) ? JsonValue.FromText(value.GetRawText()) : null));
        var last = parked[^1];
        return new ConflictEntity(
            last.Entity.Type, last.Entity.Id, last.Kind, theirs is null,
            last.Kind == OperationKind.Delete ? [] : [.. fields],
            [.. parked.SelectMany(static one => one.Changes)]);
    }
}

/// <summary>A plain field in question; <c>null</c>: it is not there.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Base">What it was when the write was made.</param>
/// <param name="Mine">What the write that waits would make it.</param>
/// <param name="Theirs">What it is on this device now.</param>
public sealed record ConflictField(string Name, JsonValue? Base, JsonValue? Mine, JsonValue? Theirs);
