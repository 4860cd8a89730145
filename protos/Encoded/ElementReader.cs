using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>Reads what is added to a set or removed from it, in as many parts as it comes: they add up.</summary>
internal sealed class ElementReader
{
    private readonly List<ElementTag> _observed = [];
    private SetElement? _element;
    private Fault? _tagFault;
    private bool _adds;

    /// <summary>Of what is added.</summary>
    public int Index { get; private set; }

    public SetElement Element => _element ?? default;

    public ImmutableArray<ElementTag> Observed => [.. _observed];

    /// <summary>What is wrong with what was read so far; <c>null</c>: nothing.</summary>
    public Fault? Fault => _element is null ? FieldChangeMapping.ElementMissing : _tagFault;

    public void Begin(bool adds)
    {
        (_adds, _element, _tagFault, Index) = (adds, null, null, 0);
        _observed.Clear();
    }

    public void Read(ReadOnlyMemory<byte> bytes)
    {
        var wire = new WireReader(bytes);
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                // An added and a removed element are alike, but for the numbers of their fields.
                case Fields.Element:
                    ReadElement(wire.Memory());
                    break;
                case Fields.AddIndex when _adds:
                    Index = wire.Int32();
                    break;
                case Fields.AddObserved when _adds:
                case Fields.RemoveObserved when !_adds:
                    ReadTag(wire.Memory());
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }
    }

    private void ReadElement(ReadOnlyMemory<byte> bytes)
    {
        var wire = new WireReader(bytes);
        while (wire.TryTag(out var tag))
        {
            switch (tag)
            {
                case Fields.ElementText:
                    _element = SetElement.Of(wire.Text());
                    break;
                case Fields.ElementNumber:
                    _element = SetElement.Of(wire.Signed());
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }
    }

    private void ReadTag(ReadOnlyMemory<byte> bytes)
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

        if (!WireIds.TryRead(device, out var id)) _tagFault ??= WireIds.Fault($"observed[{_observed.Count}].device_id");
        _observed.Add(new ElementTag(new DeviceId(id), counter, index));
    }

    private static class Fields
    {
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
