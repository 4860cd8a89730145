using System.Collections.Immutable;
using Google.Protobuf;
using OrleansSync.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>
/// Reads the rows of one page straight out of their bytes on the wire, and refuses what could not be stored or would give another
/// digest. Values are shared with those bytes, not copied.
/// </summary>
internal sealed class RowReader
{
    private readonly PageDevices _devices;
    private readonly FieldReader _fieldReader;
    private readonly List<ReadOnlyMemory<byte>> _fields = [];
    private readonly List<long> _births = [];
    private readonly List<V1.DeviceSequence> _edits = [];

    // Where the reader stands, for the message of a fault.
    private int _row = -1;
    private int _field = -1;

    private RowReader(PageDevices devices) => (_devices, _fieldReader) = (devices, new FieldReader(devices));

    /// <exception cref="InvalidDataException">A device or row is malformed; the message names the field.</exception>
    public static ImmutableArray<EntityRow> Read(IReadOnlyList<ByteString> devices, IReadOnlyCollection<ByteString> rows)
    {
        var reader = new RowReader(PageDevices.Read(devices));
        var read = ImmutableArray.CreateBuilder<EntityRow>(rows.Count);
        try
        {
            foreach (var row in rows)
            {
                (reader._row, reader._field) = (read.Count, -1);
                read.Add(reader.Read(row.Memory));
            }
        }
        catch (MalformedRowException malformed)
        {
            throw new InvalidDataException($"{reader.Place}{malformed.Message}.", malformed);
        }

        return read.MoveToImmutable();
    }

    private string Place => _field < 0 ? $"rows[{_row}]." : $"rows[{_row}].fields[{_field}].";

    private EntityRow Read(ReadOnlyMemory<byte> bytes)
    {
        _fields.Clear();
        _births.Clear();
        _edits.Clear();
        var wire = new WireReader(bytes);
        var (type, id) = ("", "");
        var (sequence, birth, deletedAt) = (0L, 0L, 0L);
        var generation = 0;
        var deleted = false;
        StampParts lastEdit = default, lastDelete = default, document = default;
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Tags.Type:
                    type = wire.Name();
                    break;
                case Tags.EntityId:
                    id = wire.Text();
                    break;
                case Tags.Sequence:
                    sequence = wire.Int64();
                    break;
                case Tags.Generation:
                    generation = wire.Int32();
                    break;
                case Tags.Deleted:
                    deleted = wire.Varint() != 0;
                    break;
                case Tags.Fields:
                    _fields.Add(wire.Memory());
                    break;
                case Tags.LastEdit:
                    lastEdit.Read(wire.Memory());
                    break;
                case Tags.LastDelete:
                    lastDelete.Read(wire.Memory());
                    break;
                case Tags.Birth:
                    birth = wire.Int64();
                    break;
                case Tags.PackedBirths:
                    ReadBirths(wire.Packed());
                    break;
                case Tags.OneOfBirths:
                    _births.Add(wire.Int64());
                    break;
                case Tags.DocumentStamp:
                    document.Read(wire.Memory());
                    break;
                case Tags.DeletedAt:
                    deletedAt = wire.Int64();
                    break;
                case Tags.Edits:
                    _edits.Add(Generated.Merge(new V1.DeviceSequence(), wire.Span()));
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        if (FormRules.CheckName(type, Limits.Default) is { } badType) throw new MalformedRowException("type", badType.Message);
        if (FormRules.CheckEntityId(id, Limits.Default) is { } badId) throw new MalformedRowException("entity_id", badId.Message);
        MalformedRowException.Require(sequence > 0, "sequence", "is not positive");
        MalformedRowException.Require(generation > 0, "generation", "is not positive");
        MalformedRowException.Require(_edits.Count <= 2, "edits", "has more than two entries");
        return new EntityRow
        {
            Key = new EntityKey(type, id),
            Sequence = sequence,
            Generation = generation,
            Deleted = deleted,
            DeletedAt = deletedAt,
            Birth = birth,
            Births = [.. _births],
            LastEdit = _devices.Optional(lastEdit, "last_edit"),
            LastDelete = _devices.Optional(lastDelete, "last_delete"),
            DocumentStamp = _devices.Optional(document, "document_stamp"),
            Edits = Edits(),
            Fields = Fields(),
        };
    }

    // Written as one run of numbers; any reader of protobuf takes them one by one as well.
    private void ReadBirths(ReadOnlyMemory<byte> bytes)
    {
        var wire = new WireReader(bytes);
        while (!wire.IsAtEnd) _births.Add(wire.Int64());
    }

    private DevicePair Edits()
    {
        var (first, firstSequence) = Entry(0);
        var (second, secondSequence) = Entry(1);
        return new DevicePair(first, firstSequence, second, secondSequence);

        (DeviceId Device, long Sequence) Entry(int index)
        {
            if (index >= _edits.Count) return default;
            MalformedRowException.Require(_edits[index].Sequence > 0, "edits.sequence", "is not positive");
            return (_devices.Of(_edits[index].Device, "edits"), _edits[index].Sequence);
        }
    }

    private ImmutableArray<Field> Fields()
    {
        var fields = ImmutableArray.CreateBuilder<Field>(_fields.Count);
        for (_field = 0; _field < _fields.Count; _field++)
        {
            var field = _fieldReader.Read(_fields[_field]);
            var isInOrder = fields.Count == 0 || string.CompareOrdinal(fields[^1].Name, field.Name) < 0;
            MalformedRowException.Require(isInOrder, "name", "is not in the order of names");
            fields.Add(field);
        }

        _field = -1;
        return fields.MoveToImmutable();
    }

    private static class Tags
    {
        public const int Type = (V1.Row.TypeFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int EntityId = (V1.Row.EntityIdFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Sequence = (V1.Row.SequenceFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Generation = (V1.Row.GenerationFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Deleted = (V1.Row.DeletedFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Fields = (V1.Row.FieldsFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int LastEdit = (V1.Row.LastEditFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int LastDelete = (V1.Row.LastDeleteFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Birth = (V1.Row.BirthFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int PackedBirths = (V1.Row.BirthsFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int OneOfBirths = (V1.Row.BirthsFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int DocumentStamp = (V1.Row.DocumentStampFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int DeletedAt = (V1.Row.DeletedAtFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Edits = (V1.Row.EditsFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
    }
}
