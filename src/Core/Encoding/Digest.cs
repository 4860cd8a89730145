using System.Diagnostics;

namespace OrleansSync.Core;

/// <summary>Digests: sums mod 2^128 of the hashes of live rows, so a commit can update them without reading others.</summary>
/// <remarks>
/// Only what travels to devices enters, so that a device computes the same: no label pairs, births or deletion times.
/// A row's hash is the first 16 bytes, big-endian, of SHA-256 over: version 1, type, id, sequence, generation, document
/// stamp, and the number of fields with each field's name, kind and content, all in the forms of the canonical encoding.
/// </remarks>
public static class Digest
{
    private const byte Version = 1;
    private const int SizeHint = 1024;

    /// <summary>0 for an absent row and for a tombstone.</summary>
    public static UInt128 OfRow(EntityRow? row)
    {
        if (row is null || row.Deleted) return UInt128.Zero;
        var writer = new CanonicalWriter(SizeHint);
        try
        {
            Write(ref writer, row);
            return OperationEncoding.Hash128(writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>The sum of the digests of some rows: in any order, and whichever way they are divided.</summary>
    public static UInt128 OfRows(IEnumerable<EntityRow> rows)
    {
        var sum = UInt128.Zero;
        foreach (var row in rows) sum = unchecked(sum + OfRow(row));
        return sum;
    }

    private static void Write(ref CanonicalWriter writer, EntityRow row)
    {
        writer.Byte(Version);
        writer.Text(row.Key.Type);
        writer.Text(row.Key.Id);
        writer.Number(row.Sequence);
        writer.Number(row.Generation);
        writer.Stamp(row.DocumentStamp);
        writer.Number(row.Fields.Length);
        foreach (var field in row.Fields) Write(ref writer, field);
    }

    private static void Write(ref CanonicalWriter writer, Field field)
    {
        writer.Text(field.Name);
        switch (field)
        {
            // A removal is part of the state: it decides against older sets that are still on their way.
            case PlainField { Value: null } removed:
                writer.Byte(FieldTags.Removed);
                writer.Stamp(removed.Stamp);
                break;
            case PlainField { Value: { } value } plain:
                writer.Byte(FieldTags.Plain);
                writer.Stamp(plain.Stamp);
                writer.Bytes(value.Utf8.Span);
                break;
            case CounterField counter:
                writer.Byte(FieldTags.Counter);
                writer.Number128(counter.Value);
                break;
            case SetFieldValue set:
                writer.Byte(FieldTags.Set);
                writer.Number(set.Entries.Length);
                foreach (var entry in set.Entries)
                {
                    writer.Element(entry.Element);
                    writer.Number(entry.Tags.Length);
                    foreach (var tag in entry.Tags) writer.Tag(tag);
                }

                break;
            default:
                throw new UnreachableException();
        }
    }
}
