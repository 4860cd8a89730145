using System.Text;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>A row in its two columns, as it lies in the store. The texts are UTF-8; all of it are slices of what holds it.</summary>
public readonly record struct StoredRow(
    ReadOnlyMemory<byte> TypeUtf8,
    ReadOnlyMemory<byte> IdUtf8,
    long Sequence,
    ReadOnlyMemory<byte> Document,
    ReadOnlyMemory<byte> Meta)
{
    public string Type => NameTable.Find(TypeUtf8.Span) ?? Encoding.UTF8.GetString(TypeUtf8.Span);

    /// <summary>Made at each call.</summary>
    public string Id => Encoding.UTF8.GetString(IdUtf8.Span);

    internal RowParts Parts => new(Sequence, TypeUtf8.Span, IdUtf8.Span, Document.Span, Meta.Span);

    /// <exception cref="ArgumentException">The row has no encoding.</exception>
    public static StoredRow Of(EntityRow row) => new(
        Encoding.UTF8.GetBytes(row.Key.Type), Encoding.UTF8.GetBytes(row.Key.Id), row.Sequence,
        RowEncoding.EncodeDocument(row), RowEncoding.EncodeMeta(row));

    /// <summary>Values of the result are slices of the document.</summary>
    /// <exception cref="FormatException">The columns do not belong together or are no encoded row.</exception>
    public EntityRow Decode() => RowEncoding.Decode(new EntityKey(Type, Id), Sequence, Document, Meta);
}
