using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansSync.Core;

/// <summary>Reads a row's two columns side by side: the meta column says which property the document must have next.</summary>
internal ref struct RowReader
{
    // Above any nesting that a value can be configured to have; the reader keeps a bit a level.
    private const int MaxDepth = JsonRules.MaxNesting + 1;

    private readonly ReadOnlyMemory<byte> _documentBytes;
    private readonly List<DeviceId> _devices = new(4);
    private CanonicalReader _meta;
    private Utf8JsonReader _document;

    public RowReader(ReadOnlyMemory<byte> document, ReadOnlyMemory<byte> meta)
    {
        _documentBytes = document;
        _meta = new CanonicalReader(meta, "row");
        _document = new Utf8JsonReader(document.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    public EntityRow Read(EntityKey key, long sequence)
    {
        try
        {
            if (!Utf8.IsValid(_documentBytes.Span)) throw _meta.Fault("its document is not UTF-8");
            _meta.Version(RowMetaWriter.Version);
            var row = new EntityRow
            {
                Key = key,
                Sequence = sequence,
                Deleted = _meta.Flag(),
                Generation = _meta.Number32(),
                DeletedAt = _meta.Number(),
                Birth = _meta.Number(),
                Births = Births(),
                DocumentStamp = Stamp(),
                LastEdit = Stamp(),
                LastDelete = Stamp(),
                Changes = Pair(),
                Edits = Pair(),
                Fields = Fields(),
            };
            _meta.End();
            return row;
        }
        catch (JsonException e)
        {
            throw new FormatException("Not an encoded row: its document is not JSON.", e);
        }
    }

    private ImmutableArray<long> Births()
    {
        var births = ImmutableArray.CreateBuilder<long>(_meta.Length());
        while (births.Count < births.Capacity) births.Add(_meta.Number());
        return births.MoveToImmutable();
    }

    private ImmutableArray<Field> Fields()
    {
        var fields = ImmutableArray.CreateBuilder<Field>(_meta.Length());
        Expect(JsonTokenType.StartObject);
        while (fields.Count < fields.Capacity)
        {
            var field = Field();
            if (fields.Count > 0 && string.CompareOrdinal(fields[^1].Name, field.Name) >= 0) throw _meta.Fault("its fields are not sorted");
            fields.Add(field);
        }

        Expect(JsonTokenType.EndObject);
        if (_document.Read()) throw _meta.Fault("its document is not one object");
        return fields.MoveToImmutable();
    }

    private Field Field()
    {
        var name = _meta.Text();
        var tag = _meta.Byte();
        if (tag == FieldTags.Removed) return new PlainField(name, Stamp(), null);
        Expect(JsonTokenType.PropertyName);
        if (!_document.ValueTextEquals(name)) throw _meta.Fault("its document has other fields");
        _document.Read();
        return tag switch
        {
            FieldTags.Plain => new PlainField(name, Stamp(), Value()),
            FieldTags.Counter => Counter(name),
            FieldTags.Set => new SetFieldValue(name, Entries()),
            _ => throw _meta.Fault($"{tag} is no kind of field"),
        };
    }

    private JsonValue Value()
    {
        var start = (int)_document.TokenStartIndex;
        _document.Skip();
        return new JsonValue(_documentBytes[start..(int)_document.BytesConsumed]);
    }

    private CounterField Counter(string name)
    {
        var counter = new CounterField(name, _meta.Number128());
        return _document.TokenType == JsonTokenType.Number && _document.TryGetInt64(out var shown) && shown == counter.Saturated
            ? counter
            : throw _meta.Fault("its document has another counter value");
    }

    private ImmutableArray<SetEntry> Entries()
    {
        if (_document.TokenType != JsonTokenType.StartArray) throw _meta.Fault("its document has no array for a set");
        var entries = ImmutableArray.CreateBuilder<SetEntry>(_meta.Length());
        while (entries.Count < entries.Capacity)
        {
            _document.Read();
            var entry = new SetEntry(Element(), Tags());
            if (entries.Count > 0 && entries[^1].Element.CompareTo(entry.Element) >= 0)
            {
                throw _meta.Fault("its set elements are not sorted");
            }

            entries.Add(entry);
        }

        Expect(JsonTokenType.EndArray);
        return entries.MoveToImmutable();
    }

    private SetElement Element()
    {
        switch (_document.TokenType)
        {
            case JsonTokenType.Number when _document.TryGetInt64(out var number):
                return SetElement.Of(number);
            case JsonTokenType.String:
                try
                {
                    return SetElement.Of(_document.GetString()!);
                }
                catch (InvalidOperationException e)
                {
                    throw new FormatException("Not an encoded row: a set element has a lone surrogate.", e);
                }

            default:
                throw _meta.Fault("its document has no text or integer for a set element");
        }
    }

    private ImmutableArray<ElementTag> Tags()
    {
        var tags = ImmutableArray.CreateBuilder<ElementTag>(_meta.Length());
        if (tags.Capacity == 0) throw _meta.Fault("a set element has no tag");
        while (tags.Count < tags.Capacity)
        {
            var tag = new ElementTag(Device(), _meta.Number(), _meta.Number32());
            if (tags.Count > 0 && tags[^1].CompareTo(tag) >= 0) throw _meta.Fault("its tags are not sorted");
            tags.Add(tag);
        }

        return tags.MoveToImmutable();
    }

    private DevicePair Pair()
    {
        var first = _meta.Number();
        var firstDevice = first == 0 ? default : Device();
        var second = _meta.Number();
        var secondDevice = second == 0 ? default : Device();
        return new DevicePair(firstDevice, first, secondDevice, second);
    }

    private Stamp Stamp()
    {
        var counter = _meta.Number();
        return counter == 0 ? default : new Stamp(counter, Device());
    }

    private DeviceId Device()
    {
        var index = _meta.Varint();
        if (index < (ulong)_devices.Count) return _devices[(int)index];
        if (index > (ulong)_devices.Count) throw _meta.Fault("it refers to a device it does not name");
        var device = new DeviceId(_meta.Uuid());
        if (_devices.Contains(device)) throw _meta.Fault("it names a device twice");
        _devices.Add(device);
        return device;
    }

    private void Expect(JsonTokenType token)
    {
        if (!_document.Read() || _document.TokenType != token) throw _meta.Fault("its document has other fields");
    }
}
