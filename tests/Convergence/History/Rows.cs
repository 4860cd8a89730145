using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Convergence.Tests.History;

/// <summary>Compares rows by their stored bytes. The time of a deletion is a clock's, and no part of the law.</summary>
internal static class Rows
{
    public static EntitySchema SchemaOf(SyncSchema schema, EntityKey key) => schema.Find(key.Type) ?? EntitySchema.Undeclared(key.Type);

    /// <summary>What a strict policy does with a concurrent change only the server can say: until it does, a device shows its own edit.</summary>
    public static EntitySchema LocalSchemaOf(SyncSchema schema, EntityKey key) =>
        SchemaOf(schema, key) is var declared && declared.Policy is ConflictPolicy.Manual or ConflictPolicy.Reject or ConflictPolicy.Custom
            ? declared with { Policy = ConflictPolicy.FieldMerge }
            : declared;

    public static bool Same(EntityRow? left, EntityRow? right)
    {
        if (left is null || right is null) return left is null && right is null;
        if (left.Sequence != right.Sequence || left.Deleted != right.Deleted) return false;
        (left, right) = (left with { DeletedAt = 0 }, right with { DeletedAt = 0 });
        return RowEncoding.EncodeMeta(left).AsSpan().SequenceEqual(RowEncoding.EncodeMeta(right))
            && RowEncoding.EncodeDocument(left).AsSpan().SequenceEqual(RowEncoding.EncodeDocument(right));
    }

    /// <summary>The row as it travels: tombstones without their fields, and of who changed it only what the rules on a device need.</summary>
    public static EntityRow? OnWire(EntityRow? row, SyncSchema schema) => row is null ? null : row with
    {
        Changes = default,
        Edits = SchemaOf(schema, row.Key).OnDelete == DeletePolicy.EditWins ? row.Edits : default,
        Fields = row.Deleted ? [] : row.Fields,
    };

    public static string Text(EntityRow? row) => Describe.Row(row).ReplaceLineEndings(" ");
}
