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
    private readonly ElementReader _element = new();
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
        if (TryRead(bytes, out var change, out var fault)) _changes.Add(change);
        // The first one is the operation's.
        else _fault ??= fault.Within($"changes[{_changes.Count}]");
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
        ReadOnlyMemory<byte> value = default;
        // Of several kinds the last one counts.
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
                case Fields.Set:
                    (kind, value) = (tag, wire.Memory());
                    break;
                case Fields.Remove:
                    kind = tag;
                    WireReader.SkipAll(wire.Memory());
                    break;
                case Fields.Increment:
                    (kind, increment) = (tag, wire.Signed());
                    break;
                case Fields.Add or Fields.RemoveElement:
                    if (kind != tag) _element.Begin(adds: tag == Fields.Add);
                    kind = tag;
                    _element.Read(wire.Memory());
                    break;
                default:
                    wire.Skip(tag);
                    break;
            }
        }

        fault = kind switch
        {
            Fields.Add => _element.Fault?.Within("add"),
            Fields.RemoveElement => _element.Fault?.Within("remove_element"),
            0 => FieldChangeMapping.ChangeMissing,
            _ => null,
        };
        change = fault is not null ? null : kind switch
        {
            Fields.Set => new SetField(field, Value(value), counter),
            Fields.Remove => new RemoveField(field, counter),
            Fields.Increment => new IncrementField(field, increment, counter),
            Fields.Add => new AddElement(field, _element.Element, _element.Index, _element.Observed, counter),
            _ => new RemoveElement(field, _element.Element, _element.Observed, counter),
        };
        return change is not null;
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
    }
}
