using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using OrleansSync.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>Reads the changes of one operation after the other.</summary>
internal sealed class ChangeReader
{
    // A value that outlives its operation keeps no more than this of it alive.
    private const int SharedBytes = 1024;

    private readonly List<FieldChange> _changes = [];
    private readonly List<ElementTag> _observed = [];
    private Fault? _fault;
    private bool _shares;

    /// <summary>Before the first change of an operation of so many bytes.</summary>
    public void Begin(int operationBytes)
    {
        _changes.Clear();
        _fault = null;
        _shares = operationBytes <= SharedBytes;
    }

    /// <summary>A value as it is kept: bytes of the operation's where those are few.</summary>
    public JsonValue Value(ReadOnlyMemory<byte> bytes) => new(_shares ? bytes : bytes.ToArray());

    public void Read(ReadOnlyMemory<byte> bytes)
    {
        // The first fault is the operation's; what follows is only looked at as far as it has to be to be skipped.
        if (_fault is not null) return;
        if (TryRead(bytes, out var change, out var fault)) _changes.Add(change);
        else _fault = fault.Within($"changes[{_changes.Count}]");
    }

    public bool TryTake(out ImmutableArray<FieldChange> changes, [NotNullWhen(false)] out Fault? fault)
    {
        fault = _fault;
        changes = fault is null ? [.. _changes] : [];
        return fault is null;
    }

    private bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out FieldChange? change, [NotNullWhen(false)] out Fault? fault)
    {
        var wire = new WireReader(bytes);
        var (field, counter, increment) = ("", 0L, 0L);
        ReadOnlyMemory<byte> content = default;
        // The last one counts.
        var kind = 0;
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.Field:
                    field = wire.Name();
                    break;
                case Fields.Counter:
                    counter = wire.Int64();
                    break;
                case Fields.Increment:
                    (kind, increment) = (tag, wire.Signed());
                    break;
                case Fields.Set or Fields.Remove:
                    (kind, content) = (tag, wire.Memory());
                    break;
                case Fields.Add or Fields.RemoveElement:
                    (kind, content) = (tag, WireReader.Merge(kind == tag ? content : default, wire.Memory()));
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        (change, fault) = (null, null);
        switch (kind)
        {
            case Fields.Set:
                change = new SetField(field, Value(content), counter);
                break;
            case Fields.Remove:
                change = new RemoveField(field, counter);
                break;
            case Fields.Increment:
                change = new IncrementField(field, increment, counter);
                break;
            case Fields.Add when TryReadElement(content, Fields.AddObserved, "add", out var added, out var observed, out var index, out fault):
                change = new AddElement(field, added, index, observed, counter);
                break;
            case Fields.RemoveElement
                when TryReadElement(content, Fields.RemoveObserved, "remove_element", out var removed, out var observed, out _, out fault):
                change = new RemoveElement(field, removed, observed, counter);
                break;
            default:
                fault ??= new Fault(FaultCode.Missing, "change", "A change is one of set, remove, increment, add and remove_element.");
                break;
        }

        return change is not null;
    }

    // An added and a removed element are alike, but for the numbers of their fields.
    private bool TryReadElement(
        ReadOnlyMemory<byte> bytes, int observedTag, string path, out SetElement element, out ImmutableArray<ElementTag> observed, out int index,
        [NotNullWhen(false)] out Fault? fault)
    {
        var wire = new WireReader(bytes);
        _observed.Clear();
        (element, observed, index, fault) = (default, [], 0, null);
        ReadOnlyMemory<byte> elementBytes = default;
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.Element:
                    elementBytes = WireReader.Merge(elementBytes, wire.Memory());
                    break;
                case Fields.AddIndex when observedTag == Fields.AddObserved:
                    index = wire.Int32();
                    break;
                case Fields.AddObserved or Fields.RemoveObserved when tag == observedTag:
                    if (TryReadTag(wire.Memory(), out var seen)) _observed.Add(seen);
                    else fault ??= WireIds.Fault($"{path}.observed[{_observed.Count}].device_id");
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        if (!TryReadElement(elementBytes, out element)) fault = new Fault(FaultCode.Missing, $"{path}.element", "A set element is a text or a number.");
        if (fault is not null) return false;
        observed = [.. _observed];
        return true;
    }

    private static bool TryReadElement(ReadOnlyMemory<byte> bytes, out SetElement element)
    {
        var wire = new WireReader(bytes);
        element = default;
        var found = false;
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.ElementText:
                    (found, element) = (true, SetElement.Of(wire.Text()));
                    break;
                case Fields.ElementNumber:
                    (found, element) = (true, SetElement.Of(wire.Signed()));
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        return found;
    }

    private static bool TryReadTag(ReadOnlyMemory<byte> bytes, out ElementTag read)
    {
        var wire = new WireReader(bytes);
        ReadOnlySpan<byte> device = default;
        var (counter, index) = (0L, 0);
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.TagDevice:
                    device = wire.Span();
                    break;
                case Fields.TagCounter:
                    counter = wire.Int64();
                    break;
                case Fields.TagIndex:
                    index = wire.Int32();
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        var valid = WireIds.TryRead(device, out var id);
        read = new ElementTag(new DeviceId(id), counter, index);
        return valid;
    }

    private static class Fields
    {
        public const int Field = (V1.FieldChange.FieldFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Set = (V1.FieldChange.SetFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Remove = (V1.FieldChange.RemoveFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Increment = (V1.FieldChange.IncrementFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Add = (V1.FieldChange.AddFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int RemoveElement = (V1.FieldChange.RemoveElementFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int Counter = (V1.FieldChange.CounterFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int Element = (V1.AddElement.ElementFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int AddIndex = (V1.AddElement.IndexFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int AddObserved = (V1.AddElement.ObservedFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int RemoveObserved = (V1.RemoveElement.ObservedFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int ElementText = (V1.SetElement.TextFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int ElementNumber = (V1.SetElement.NumberFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int TagDevice = (V1.ElementTag.DeviceIdFieldNumber << WireReader.TypeBits) | WireReader.Delimited;
        public const int TagCounter = (V1.ElementTag.CounterFieldNumber << WireReader.TypeBits) | WireReader.Varints;
        public const int TagIndex = (V1.ElementTag.IndexFieldNumber << WireReader.TypeBits) | WireReader.Varints;
    }
}
