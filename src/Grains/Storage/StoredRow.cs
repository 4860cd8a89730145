using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>
/// A row in its two columns, as it lies in the store. Pages travel so from the store to the gateway: what only passes through is
/// not taken apart on the way.
/// </summary>
[GenerateSerializer, Immutable, Alias("orleanssync.stored-row")]
public readonly record struct StoredRow(
    [property: Id(0)] string Type,
    [property: Id(1)] string Id,
    [property: Id(2)] long Sequence,
    [property: Id(3)] byte[] Document,
    [property: Id(4)] byte[] Meta)
{
    /// <exception cref="ArgumentException">The row has no encoding.</exception>
    public static StoredRow Of(EntityRow row) =>
        new(row.Key.Type, row.Key.Id, row.Sequence, RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));

    /// <summary>Values of the result are slices of the document.</summary>
    /// <exception cref="FormatException">The columns do not belong together or are no encoded row.</exception>
    public EntityRow Decode() => RowEncoding.Decode(new EntityKey(Type, Id), Sequence, Document, Meta);
}
