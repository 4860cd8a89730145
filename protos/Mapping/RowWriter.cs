using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>Writes the rows of one page. Devices are named once a page, in the order of their first stamp.</summary>
internal sealed class RowWriter(RepeatedField<ByteString> devices)
{
    private static readonly V1.RemoveField Removed = new();

    private readonly Dictionary<DeviceId, uint> _indexes = [];
    private Stamp _stamp;
    private V1.Stamp? _wireStamp;

    public V1.Row Write(EntityRow row, bool withEdits)
    {
        var wire = new V1.Row
        {
            Type = row.Key.Type,
            EntityId = row.Key.Id,
            Sequence = row.Sequence,
            Generation = row.Generation,
            Deleted = row.Deleted,
            DeletedAt = row.DeletedAt,
            Birth = row.Birth,
            LastEdit = Stamp(row.LastEdit),
            LastDelete = Stamp(row.LastDelete),
            DocumentStamp = Stamp(row.DocumentStamp),
        };
        wire.Births.AddRange(row.Births);
        if (!row.Deleted)
        {
            wire.Fields.Capacity = row.Fields.Length;
            foreach (var field in row.Fields) wire.Fields.Add(Write(field));
        }

        if (!withEdits) return wire;
        AddEdit(wire, row.Edits.First, row.Edits.FirstSequence);
        AddEdit(wire, row.Edits.Second, row.Edits.SecondSequence);
        return wire;
    }

    private void AddEdit(V1.Row wire, DeviceId device, long sequence)
    {
        if (sequence != 0) wire.Edits.Add(new V1.DeviceSequence { Device = Index(device), Sequence = sequence });
    }

    private V1.Field Write(Field field)
    {
        var wire = new V1.Field { Name = field.Name };
        switch (field)
        {
            case PlainField { Value: { } value } plain:
                wire.Json = UnsafeByteOperations.UnsafeWrap(value.Utf8);
                wire.Stamp = Stamp(plain.Stamp);
                break;
            case PlainField removed:
                wire.Removed = Removed;
                wire.Stamp = Stamp(removed.Stamp);
                break;
            case CounterField counter:
                wire.Counter = counter.Value.ToString(CultureInfo.InvariantCulture);
                break;
            case SetFieldValue set:
                wire.Set = Set(set.Entries);
                break;
            default:
                throw new UnreachableException();
        }

        return wire;
    }

    private V1.SetValue Set(ImmutableArray<SetEntry> entries)
    {
        var wire = new V1.SetValue();
        foreach (var entry in entries)
        {
            var wireEntry = new V1.SetEntry { Element = FieldChangeMapping.ToWire(entry.Element) };
            foreach (var tag in entry.Tags)
            {
                wireEntry.Tags.Add(new V1.TagRef { Device = Index(tag.Device), Counter = tag.Counter, Index = tag.Index });
            }

            wire.Entries.Add(wireEntry);
        }

        return wire;
    }

    /// <summary>Fields that were written together share their stamp's message.</summary>
    private V1.Stamp? Stamp(Stamp stamp)
    {
        if (stamp.IsNone) return null;
        if (_wireStamp is not null && stamp == _stamp) return _wireStamp;
        _stamp = stamp;
        return _wireStamp = new V1.Stamp { Counter = stamp.Counter, Device = Index(stamp.Device) };
    }

    private uint Index(DeviceId device)
    {
        if (_indexes.TryGetValue(device, out var index)) return index;
        index = (uint)devices.Count;
        devices.Add(WireIds.ToWire(device));
        _indexes.Add(device, index);
        return index;
    }
}
