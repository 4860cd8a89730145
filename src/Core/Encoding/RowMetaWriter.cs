using System.Collections.Immutable;
using System.Diagnostics;

namespace OrleansSync.Core;

/// <summary>
/// Writes the meta column. A device's 16 bytes are written where it first appears and referred to by number after that:
/// most stamps of a row are of very few devices.
/// </summary>
internal struct RowMetaWriter
{
    public const byte Version = 1;

    private DeviceTable _devices;

    public void Write(ref CanonicalWriter writer, EntityRow row)
    {
        RequireOrder(row);
        writer.Byte(Version);
        writer.Byte(row.Deleted ? (byte)1 : (byte)0);
        writer.Number(row.Generation);
        writer.Number(row.DeletedAt);
        writer.Number(row.Birth);
        writer.Number(row.Births.Length);
        foreach (var birth in row.Births) writer.Number(birth);
        Stamp(ref writer, row.DocumentStamp);
        Stamp(ref writer, row.LastEdit);
        Stamp(ref writer, row.LastDelete);
        Pair(ref writer, row.Changes);
        Pair(ref writer, row.Edits);
        writer.Number(row.Fields.Length);
        foreach (var field in row.Fields) Field(ref writer, field);
    }

    private static void RequireOrder(EntityRow row)
    {
        for (var i = 1; i < row.Fields.Length; i++)
        {
            Require(string.CompareOrdinal(row.Fields[i - 1].Name, row.Fields[i].Name) < 0, "fields");
        }

        foreach (var field in row.Fields)
        {
            if (field is not SetFieldValue set) continue;
            for (var i = 0; i < set.Entries.Length; i++)
            {
                Require(i == 0 || set.Entries[i - 1].Element.CompareTo(set.Entries[i].Element) < 0, "set elements");
                var tags = set.Entries[i].Tags;
                Require(!tags.IsDefaultOrEmpty, "set elements");
                for (var j = 1; j < tags.Length; j++) Require(tags[j - 1].CompareTo(tags[j]) < 0, "tags");
            }
        }

        void Require(bool holds, string what)
        {
            if (!holds) throw new ArgumentException($"The {what} of {row.Key.Type} are not sorted, distinct and whole.", nameof(row));
        }
    }

    private void Field(ref CanonicalWriter writer, Field field)
    {
        writer.Text(field.Name);
        switch (field)
        {
            case PlainField plain:
                writer.Byte(plain.Value is null ? FieldTags.Removed : FieldTags.Plain);
                Stamp(ref writer, plain.Stamp);
                break;
            case CounterField counter:
                writer.Byte(FieldTags.Counter);
                writer.Number128(counter.Value);
                break;
            case SetFieldValue set:
                writer.Byte(FieldTags.Set);
                writer.Number(set.Entries.Length);
                foreach (var entry in set.Entries) Tags(ref writer, entry.Tags);
                break;
            default:
                throw new UnreachableException();
        }
    }

    // The elements themselves are in the document.
    private void Tags(ref CanonicalWriter writer, ImmutableArray<ElementTag> tags)
    {
        writer.Number(tags.Length);
        foreach (var tag in tags)
        {
            Device(ref writer, tag.Device);
            writer.Number(tag.Counter);
            writer.Number(tag.Index);
        }
    }

    private void Pair(ref CanonicalWriter writer, DevicePair pair)
    {
        Change(ref writer, pair.First, pair.FirstSequence);
        Change(ref writer, pair.Second, pair.SecondSequence);
    }

    private void Change(ref CanonicalWriter writer, DeviceId device, long sequence)
    {
        writer.Number(sequence);
        if (sequence != 0) Device(ref writer, device);
    }

    private void Stamp(ref CanonicalWriter writer, Stamp stamp)
    {
        writer.Number(stamp.Counter);
        if (!stamp.IsNone) Device(ref writer, stamp.Device);
    }

    private void Device(ref CanonicalWriter writer, DeviceId device)
    {
        var index = _devices.IndexOf(device);
        writer.Number(index < 0 ? _devices.Count : index);
        if (index >= 0) return;
        _devices.Add(device);
        writer.Uuid(device.Value);
    }
}
