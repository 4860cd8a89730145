namespace OrleansSync.Core;

/// <summary>A row as two columns: a JSON document that people can query, and everything else beside it.</summary>
/// <remarks>
/// A tombstone keeps its document: a newer edit restores it. The meta column names every field again, removed ones
/// included, so that columns which do not belong together are told apart.
/// </remarks>
public static class RowEncoding
{
    private const int SizeHint = 1024;

    /// <summary>The document: plain values verbatim, counters as numbers (saturated), sets as arrays. UTF-8.</summary>
    /// <exception cref="ArgumentException">A text has a lone surrogate.</exception>
    public static byte[] EncodeDocument(EntityRow row)
    {
        var writer = new CanonicalWriter(SizeHint);
        try
        {
            RowDocument.Write(ref writer, row);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Stamps, counters, tags, births, pairs; starts with a version byte.</summary>
    /// <exception cref="ArgumentException">Fields, elements or tags are not in their order, so the row could not be read again.</exception>
    public static byte[] EncodeMeta(EntityRow row)
    {
        var writer = new CanonicalWriter(SizeHint);
        try
        {
            default(RowMetaWriter).Write(ref writer, row);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Plain values in the result are slices of <paramref name="document"/>: do not reuse it.</summary>
    /// <exception cref="FormatException">The columns do not belong together or are no encoded row.</exception>
    public static EntityRow Decode(EntityKey key, long sequence, ReadOnlyMemory<byte> document, ReadOnlyMemory<byte> meta) =>
        new RowReader(document, meta).Read(key, sequence);
}

/// <summary>How a field is told in the meta column and in a digest.</summary>
internal static class FieldTags
{
    public const byte Plain = 1;
    public const byte Removed = 2;
    public const byte Counter = 3;
    public const byte Set = 4;
}
