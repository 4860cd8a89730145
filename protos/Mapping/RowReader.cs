using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf.Collections;
using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>
/// Reads the rows of one page and refuses what could not be stored or would give another digest. Values are shared with
/// the page, not copied.
/// </summary>
internal sealed class RowReader
{
    // The server's limits are its own; what matters here is that the value can be stored and read again.
    private static readonly Limits AnySize = new() { ValueBytes = int.MaxValue, Nesting = JsonRules.MaxNesting };

    private readonly V1.Page _page;
    private readonly DeviceId[] _devices;

    // Where the reader stands, for the message of a fault.
    private int _row = -1;
    private int _field = -1;

    public RowReader(V1.Page page)
    {
        _page = page;
        _devices = new DeviceId[page.Devices.Count];
        for (var i = 0; i < _devices.Length; i++)
        {
            if (!WireIds.TryRead(page.Devices[i], out _devices[i])) throw Malformed($"devices[{i}]", "is no UUID of 16 bytes");
        }
    }

    public ImmutableArray<EntityRow> Read()
    {
        var rows = ImmutableArray.CreateBuilder<EntityRow>(_page.Rows.Count);
        for (_row = 0; _row < _page.Rows.Count; _row++) rows.Add(Read(_page.Rows[_row]));
        return rows.MoveToImmutable();
    }

    private EntityRow Read(V1.Row wire)
    {
        _field = -1;
        if (FormRules.CheckName(wire.Type, Limits.Default) is { } type) throw Malformed("type", type.Message);
        if (FormRules.CheckEntityId(wire.EntityId, Limits.Default) is { } id) throw Malformed("entity_id", id.Message);
        Require(wire.Sequence > 0, "sequence", "is not positive");
        Require(wire.Generation > 0, "generation", "is not positive");
        Require(wire.Edits.Count <= 2, "edits", "has more than two entries");
        return new EntityRow
        {
            Key = new EntityKey(wire.Type, wire.EntityId),
            Sequence = wire.Sequence,
            Generation = wire.Generation,
            Deleted = wire.Deleted,
            DeletedAt = wire.DeletedAt,
            Birth = wire.Birth,
            Births = [.. wire.Births],
            LastEdit = Optional(wire.LastEdit, "last_edit"),
            LastDelete = Optional(wire.LastDelete, "last_delete"),
            DocumentStamp = Optional(wire.DocumentStamp, "document_stamp"),
            Edits = Edits(wire.Edits),
            Fields = Fields(wire.Fields),
        };
    }

    private DevicePair Edits(RepeatedField<V1.DeviceSequence> wire)
    {
        var (first, firstSequence) = Entry(0);
        var (second, secondSequence) = Entry(1);
        return new DevicePair(first, firstSequence, second, secondSequence);

        (DeviceId Device, long Sequence) Entry(int index)
        {
            if (index >= wire.Count) return default;
            Require(wire[index].Sequence > 0, "edits.sequence", "is not positive");
            return (Device(wire[index].Device, "edits"), wire[index].Sequence);
        }
    }

    private ImmutableArray<Field> Fields(RepeatedField<V1.Field> wire)
    {
        var fields = ImmutableArray.CreateBuilder<Field>(wire.Count);
        for (_field = 0; _field < wire.Count; _field++)
        {
            var field = Read(wire[_field]);
            Require(fields.Count == 0 || string.CompareOrdinal(fields[^1].Name, field.Name) < 0, "name", "is not in the order of names");
            fields.Add(field);
        }

        _field = -1;
        return fields.MoveToImmutable();
    }

    private Field Read(V1.Field wire)
    {
        if (FormRules.CheckName(wire.Name, Limits.Default) is { } name) throw Malformed("name", name.Message);
        switch (wire.ValueCase)
        {
            case V1.Field.ValueOneofCase.Json:
                if (JsonRules.Check(wire.Json.Span, AnySize) is { } json) throw Malformed("json", json.Message);
                return new PlainField(wire.Name, Required(wire.Stamp), new JsonValue(wire.Json.Memory));
            case V1.Field.ValueOneofCase.Removed:
                return new PlainField(wire.Name, Required(wire.Stamp), null);
            case V1.Field.ValueOneofCase.Counter:
                var parsed = Int128.TryParse(wire.Counter, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
                Require(parsed, "counter", "is no integer of 128 bits");
                return new CounterField(wire.Name, value);
            case V1.Field.ValueOneofCase.Set:
                return new SetFieldValue(wire.Name, Entries(wire.Set.Entries));
            default:
                throw Malformed("value", "is missing");
        }
    }

    private ImmutableArray<SetEntry> Entries(RepeatedField<V1.SetEntry> wire)
    {
        var entries = ImmutableArray.CreateBuilder<SetEntry>(wire.Count);
        foreach (var item in wire)
        {
            Require(FieldChangeMapping.TryRead(item.Element, out var element), "set.entries.element", "is missing");
            if (FormRules.CheckElement(element) is { } fault) throw Malformed("set.entries.element", fault.Message);
            Require(entries.Count == 0 || entries[^1].Element.CompareTo(element) < 0, "set.entries", "are not in the order of elements");
            entries.Add(new SetEntry(element, Tags(item.Tags)));
        }

        return entries.MoveToImmutable();
    }

    private ImmutableArray<ElementTag> Tags(RepeatedField<V1.TagRef> wire)
    {
        Require(wire.Count > 0, "set.entries.tags", "are missing");
        var tags = ImmutableArray.CreateBuilder<ElementTag>(wire.Count);
        foreach (var item in wire)
        {
            var tag = new ElementTag(Device(item.Device, "set.entries.tags"), item.Counter, item.Index);
            Require(tags.Count == 0 || tags[^1].CompareTo(tag) < 0, "set.entries.tags", "are not in their order");
            tags.Add(tag);
        }

        return tags.MoveToImmutable();
    }

    private Stamp Optional(V1.Stamp? wire, string path) => wire is null ? default : Read(wire, path);

    private Stamp Required(V1.Stamp? wire) => wire is null ? throw Malformed("stamp", "is missing") : Read(wire, "stamp");

    private Stamp Read(V1.Stamp wire, string path)
    {
        if (wire.Counter <= 0) throw Malformed($"{path}.counter", "is not positive");
        return new Stamp(wire.Counter, Device(wire.Device, path));
    }

    private DeviceId Device(uint index, string owner) =>
        index < _devices.Length
            ? _devices[index]
            : throw Malformed($"{owner}.device", $"{index} is none of the page's {_devices.Length} devices");

    private void Require(bool holds, string path, string fact)
    {
        if (!holds) throw Malformed(path, fact);
    }

    private InvalidDataException Malformed(string path, string fact)
    {
        var place = _row < 0 ? "" : _field < 0 ? $"rows[{_row}]." : $"rows[{_row}].fields[{_field}].";
        return new InvalidDataException($"{place}{path} {fact}.");
    }
}
