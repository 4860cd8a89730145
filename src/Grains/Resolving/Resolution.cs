using System.Text.Json.Nodes;

namespace OrleansSync.Conflicts;

/// <summary>What a resolver has decided.</summary>
public sealed class Resolution
{
    private Resolution(Choice choice, JsonObject? fields = null) => (Chosen, Fields) = (choice, fields);

    internal enum Choice
    {
        Merge,
        Keep,
        Refuse,
    }

    internal Choice Chosen { get; }

    internal JsonObject? Fields { get; }

    /// <summary>Field by field, as it would be without a resolver: <see cref="Conflict.Merged"/>.</summary>
    public static Resolution Merge() => new(Choice.Merge);

    /// <summary>
    /// Field by field, and then these plain fields with these values, whatever timestamps say; <c>null</c> removes the field. Counters and sets
    /// cannot be among them, and a document that the operation deletes has no fields.
    /// </summary>
    public static Resolution Merge(JsonObject fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return new(Choice.Merge, fields);
    }

    /// <summary>What stands stays as it is: the operation is on record, without an effect (Superseded).</summary>
    public static Resolution Keep() => new(Choice.Keep);

    /// <summary>Refuses the operation, and with it its transaction: a dead letter on its device (REFUSED_BY_RESOLVER).</summary>
    public static Resolution Refuse() => new(Choice.Refuse);
}
