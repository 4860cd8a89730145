using OrleansSync.Core;

namespace OrleansSync.Chaos.Checking;

/// <summary>Rows as texts that are equal where the rows must be.</summary>
internal static class Comparable
{
    /// <summary>All of a row but the time of its deletion, which is the server's clock.</summary>
    public static string? Of(EntityRow? row)
    {
        if (row is null) return null;
        row = row with { DeletedAt = 0 };
        return $"{row.Key} {row.Sequence} {Convert.ToHexString(RowEncoding.EncodeDocument(row))} {Convert.ToHexString(RowEncoding.EncodeMeta(row))}";
    }

    /// <summary>What of a row travels to devices: without the label pairs, and without what a tombstone hides.</summary>
    public static string? Travelling(EntityRow? row) =>
        row is null ? null : Of(row with { Changes = default, Edits = default, Fields = row.Deleted ? [] : row.Fields });
}
