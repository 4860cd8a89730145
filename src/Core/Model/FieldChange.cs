using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>One change of one field. <see cref="Counter"/> is 0 where the stamp is the operation's own.</summary>
public abstract record FieldChange(string Field, long Counter);

/// <summary>Plain field: a JSON value.</summary>
public sealed record SetField(string Field, JsonValue Value, long Counter = 0) : FieldChange(Field, Counter);

/// <summary>Plain field: a stamped absent value.</summary>
public sealed record RemoveField(string Field, long Counter = 0) : FieldChange(Field, Counter);

/// <summary>Counter field: |delta| at most 2^53 - 1.</summary>
public sealed record IncrementField(string Field, long Delta, long Counter = 0) : FieldChange(Field, Counter)
{
    /// <summary>The largest step of one change, up or down.</summary>
    public const long MaxDelta = (1L << 53) - 1;
}

/// <summary>Set field: adds an element under the tag (device, counter, index), in place of the tags the device saw.</summary>
public sealed record AddElement(string Field, SetElement Element, int Index, ImmutableArray<ElementTag> Observed, long Counter = 0)
    : FieldChange(Field, Counter);

/// <summary>Set field: removes the tags the device saw, and only those.</summary>
public sealed record RemoveElement(string Field, SetElement Element, ImmutableArray<ElementTag> Observed, long Counter = 0)
    : FieldChange(Field, Counter);

/// <summary>A set element: text or a 64-bit integer. Texts order by UTF-8 bytes, numbers before texts.</summary>
public readonly record struct SetElement : IComparable<SetElement>
{
    private SetElement(string? text, long number) => (Text, Number) = (text, number);

    /// <summary><c>null</c>: the element is <see cref="Number"/>.</summary>
    public string? Text { get; }

    /// <summary>The number; 0 where the element is a text.</summary>
    public long Number { get; }

    /// <summary>An element that is a text.</summary>
    public static SetElement Of(string text) => new(text, 0);

    /// <summary>An element that is a number.</summary>
    public static SetElement Of(long number) => new(null, number);

    /// <summary>Numbers before texts; texts by their UTF-8 bytes.</summary>
    public int CompareTo(SetElement other) => (Text, other.Text) switch
    {
        (null, null) => Number.CompareTo(other.Number),
        (null, _) => -1,
        (_, null) => 1,
        _ => Utf8Order.Compare(Text, other.Text),
    };

    /// <summary>The text, or the number in the invariant culture.</summary>
    public override string ToString() => Text ?? Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Names one add of one element.</summary>
public readonly record struct ElementTag(DeviceId Device, long Counter, int Index) : IComparable<ElementTag>
{
    /// <summary>By counter, then device, then index.</summary>
    public int CompareTo(ElementTag other)
    {
        var byCounter = Counter.CompareTo(other.Counter);
        if (byCounter != 0) return byCounter;
        var byDevice = Device.CompareTo(other.Device);
        return byDevice != 0 ? byDevice : Index.CompareTo(other.Index);
    }
}
