using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf.Collections;
using OrleansSync.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>Reads the fields of rows, one after the other.</summary>
internal sealed class FieldReader(PageDevices devices)
{
    // The server's limits are its own; what matters here is that the value can be stored and read again.
    private static readonly Limits AnySize = new() { ValueBytes = int.MaxValue, Nesting = JsonRules.MaxNesting };

    public Field Read(ReadOnlyMemory<byte> bytes)
    {
        var wire = new WireReader(bytes);
        var (name, counter) = ("", "");
        ReadOnlyMemory<byte> json = default;
        V1.SetValue? set = null;
        StampParts stamp = default;
        // Of several kinds the last one counts.
        var kind = 0;
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Tags.Name:
                    name = wire.Name();
                    break;
                case Tags.Json:
                    (kind, json) = (tag, wire.Memory());
                    break;
                case Tags.Removed:
                    kind = tag;
                    WireReader.SkipAll(wire.Memory());
                    break;
                case Tags.Counter:
                    (kind, counter) = (tag, wire.Text());
                    break;
                case Tags.Set:
                    // In parts, which add up.
                    set = Generated.Merge(kind == tag ? set! : new V1.SetValue(), wire.Span());
                    kind = tag;
                    break;
                case Tags.Stamp:
                    stamp.Read(wire.Memory());
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        if (FormRules.CheckName(name, Limits.Default) is { } badName) throw new MalformedRowException("name", badName.Message);
        return kind switch
        {
            Tags.Json => new PlainField(name, devices.Required(stamp, "stamp"), Checked(json)),
            Tags.Removed => new PlainField(name, devices.Required(stamp, "stamp"), null),
            Tags.Counter => new CounterField(name, Number(counter)),
            Tags.Set => new SetFieldValue(name, Entries(set!.Entries)),
            _ => throw new MalformedRowException("value", "is missing"),
        };
    }

    private static JsonValue Checked(ReadOnlyMemory<byte> json) => JsonRules.Check(json.Span, AnySize) is { } fault
        ? throw new MalformedRowException("json", fault.Message)
        : new JsonValue(json);

    private static Int128 Number(string digits) =>
        Int128.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new MalformedRowException("counter", "is no integer of 128 bits");

    private ImmutableArray<SetEntry> Entries(RepeatedField<V1.SetEntry> wire)
    {
        var entries = ImmutableArray.CreateBuilder<SetEntry>(wire.Count);
        foreach (var item in wire)
        {
            MalformedRowException.Require(FieldChangeMapping.TryRead(item.Element, out var element), "set.entries.element", "is missing");
            if (FormRules.CheckElement(element) is { } fault) throw new MalformedRowException("set.entries.element", fault.Message);
            var isInOrder = entries.Count == 0 || entries[^1].Element.CompareTo(element) < 0;
            MalformedRowException.Require(isInOrder, "set.entries", "are not in the order of elements");
            entries.Add(new SetEntry(element, ElementTags(item.Tags)));
        }

        return entries.MoveToImmutable();
    }

    private ImmutableArray<ElementTag> ElementTags(RepeatedField<V1.TagRef> wire)
    {
        MalformedRowException.Require(wire.Count > 0, "set.entries.tags", "are missing");
        var tags = ImmutableArray.CreateBuilder<ElementTag>(wire.Count);
        foreach (var item in wire)
        {
            var tag = new ElementTag(devices.Of(item.Device, "set.entries.tags"), item.Counter, item.Index);
            MalformedRowException.Require(tags.Count == 0 || tags[^1].CompareTo(tag) < 0, "set.entries.tags", "are not in their order");
            tags.Add(tag);
        }

        return tags.MoveToImmutable();
    }

    private static class Tags
    {
        public const int Name = (V1.Field.NameFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Json = (V1.Field.JsonFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Removed = (V1.Field.RemovedFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Counter = (V1.Field.CounterFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Set = (V1.Field.SetFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Stamp = (V1.Field.StampFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
    }
}
