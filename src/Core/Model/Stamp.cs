namespace OrleansSync.Core;

/// <summary>
/// A logical timestamp: Lamport counter, then device. A total order over all changes of a scope; never a wall clock.
/// <c>default</c> (counter 0) is "never" and lies below every real stamp.
/// </summary>
public readonly record struct Stamp(long Counter, DeviceId Device) : IComparable<Stamp>
{
    public bool IsNone => Counter == 0;

    public int CompareTo(Stamp other)
    {
        var byCounter = Counter.CompareTo(other.Counter);
        return byCounter != 0 ? byCounter : Device.CompareTo(other.Device);
    }

    public static bool operator <(Stamp left, Stamp right) => left.CompareTo(right) < 0;

    public static bool operator >(Stamp left, Stamp right) => left.CompareTo(right) > 0;

    public static bool operator <=(Stamp left, Stamp right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Stamp left, Stamp right) => left.CompareTo(right) >= 0;

    public static Stamp Max(Stamp left, Stamp right) => left >= right ? left : right;

    public override string ToString() => IsNone ? "-" : $"{Counter}@{Device}";
}
