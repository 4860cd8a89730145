using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>Field changes, set elements and the tags that a device saw.</summary>
internal static class FieldChangeMapping
{
    private static readonly V1.RemoveField Removed = new();

    public static Fault ChangeMissing { get; } =
        new(FaultCode.Missing, "change", "A change is one of set, remove, increment, add and remove_element.");

    public static Fault ElementMissing { get; } = new(FaultCode.Missing, "element", "A set element is a text or a number.");

    public static V1.FieldChange ToWire(FieldChange change)
    {
        var wire = new V1.FieldChange { Field = change.Field, Counter = change.Counter };
        switch (change)
        {
            case SetField set:
                wire.Set = UnsafeByteOperations.UnsafeWrap(set.Value.Utf8);
                break;
            case RemoveField:
                wire.Remove = Removed;
                break;
            case IncrementField increment:
                wire.Increment = increment.Delta;
                break;
            case AddElement add:
                wire.Add = new V1.AddElement { Element = ToWire(add.Element), Index = add.Index };
                AddTags(wire.Add.Observed, add.Observed);
                break;
            case RemoveElement remove:
                wire.RemoveElement = new V1.RemoveElement { Element = ToWire(remove.Element) };
                AddTags(wire.RemoveElement.Observed, remove.Observed);
                break;
            default:
                throw new UnreachableException();
        }

        return wire;
    }

    public static V1.SetElement ToWire(SetElement element) =>
        element.Text is { } text ? new V1.SetElement { Text = text } : new V1.SetElement { Number = element.Number };

    public static bool TryRead(V1.FieldChange wire, [NotNullWhen(true)] out FieldChange? change, [NotNullWhen(false)] out Fault? fault)
    {
        change = null;
        fault = null;
        switch (wire.ChangeCase)
        {
            case V1.FieldChange.ChangeOneofCase.Set:
                change = new SetField(wire.Field, new JsonValue(wire.Set.Memory), wire.Counter);
                return true;
            case V1.FieldChange.ChangeOneofCase.Remove:
                change = new RemoveField(wire.Field, wire.Counter);
                return true;
            case V1.FieldChange.ChangeOneofCase.Increment:
                change = new IncrementField(wire.Field, wire.Increment, wire.Counter);
                return true;
            case V1.FieldChange.ChangeOneofCase.Add:
                if (!TryRead(wire.Add.Element, wire.Add.Observed, out var added, out var before, out fault))
                {
                    fault = fault.Within("add");
                    return false;
                }

                change = new AddElement(wire.Field, added, wire.Add.Index, before, wire.Counter);
                return true;
            case V1.FieldChange.ChangeOneofCase.RemoveElement:
                if (!TryRead(wire.RemoveElement.Element, wire.RemoveElement.Observed, out var removed, out var observed, out fault))
                {
                    fault = fault.Within("remove_element");
                    return false;
                }

                change = new RemoveElement(wire.Field, removed, observed, wire.Counter);
                return true;
            default:
                fault = ChangeMissing;
                return false;
        }
    }

    public static bool TryRead(V1.SetElement? wire, out SetElement element)
    {
        element = wire?.ElementCase switch
        {
            V1.SetElement.ElementOneofCase.Text => SetElement.Of(wire.Text),
            V1.SetElement.ElementOneofCase.Number => SetElement.Of(wire.Number),
            _ => default,
        };
        return wire is not null && wire.ElementCase != V1.SetElement.ElementOneofCase.None;
    }

    private static void AddTags(RepeatedField<V1.ElementTag> wire, ImmutableArray<ElementTag> tags)
    {
        if (tags.IsDefault) return;
        foreach (var tag in tags)
        {
            wire.Add(new V1.ElementTag { DeviceId = WireIds.ToWire(tag.Device), Counter = tag.Counter, Index = tag.Index });
        }
    }

    private static bool TryRead(
        V1.SetElement? wire,
        RepeatedField<V1.ElementTag> wireTags,
        out SetElement element,
        out ImmutableArray<ElementTag> observed,
        [NotNullWhen(false)] out Fault? fault)
    {
        observed = [];
        fault = null;
        if (!TryRead(wire, out element))
        {
            fault = ElementMissing;
            return false;
        }

        var tags = ImmutableArray.CreateBuilder<ElementTag>(wireTags.Count);
        foreach (var tag in wireTags)
        {
            if (!WireIds.TryRead(tag.DeviceId, out DeviceId device))
            {
                fault = WireIds.Fault($"observed[{tags.Count}].device_id");
                return false;
            }

            tags.Add(new ElementTag(device, tag.Counter, tag.Index));
        }

        observed = tags.MoveToImmutable();
        return true;
    }
}
