using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansSync.Core;

/// <summary>Reads a row's two columns side by side: the meta column says which property the document must have next.</summary>
internal ref struct RowReader
{
    // Above any nesting that a value can be configured to have; the reader keeps a bit a level.
    private const int MaxDepth = JsonRules.MaxNesting + 1;

    private readonly ReadOnlyMemory<byte> _documentBytes;
    private DeviceTable _devices;
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
        var births = new long[_meta.Length()];
        for (var i = 0; i < births.Length; i++) births[i] = _meta.Number();
        return ImmutableCollectionsMarshal.AsImmutableArray(births);
    }

    private ImmutableArray<Field> Fields()
    {
        var fields = new Field[_meta.Length()];
        Expect(JsonTokenType.StartObject);
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = Field();
            if (i > 0 && string.CompareOrdinal(fields[i - 1].Name, fields[i].Name) >= 0) throw _meta.Fault("its fields are not sorted");
        }

        Expect(JsonTokenType.EndObject);
        if (_document.Read()) throw _meta.Fault("its document is not one object");
        return ImmutableCollectionsMarshal.AsImmutableArray(fields);
    }

    private Field Field()
    {
        var name = _meta.Name();
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
        var entries = new SetEntry[_meta.Length()];
        for (var i = 0; i < entries.Length; i++)
        {
            _document.Read();
            entries[i] = new SetEntry(Element(), Tags());
            if (i > 0 && entries[i - 1].Element.CompareTo(entries[i].Element) >= 0) throw _meta.Fault("its set elements are not sorted");
        }

        Expect(JsonTokenType.EndArray);
        return ImmutableCollectionsMarshal.AsImmutableArray(entries);
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
        var tags = new ElementTag[_meta.Length()];
        if (tags.Length == 0) throw _meta.Fault("a set element has no tag");
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = new ElementTag(Device(), _meta.Number(), _meta.Number32());
            if (i > 0 && tags[i - 1].CompareTo(tags[i]) >= 0) throw _meta.Fault("its tags are not sorted");
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(tags);
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
        if (_devices.IndexOf(device) >= 0) throw _meta.Fault("it names a device twice");
        _devices.Add(device);
        return device;
    }

    private void Expect(JsonTokenType token)
    {
        if (!_document.Read() || _document.TokenType != token) throw _meta.Fault("its document has other fields");
    }
}
