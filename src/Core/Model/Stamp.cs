namespace OrleansSync.Core;

/// <summary>
/// A logical timestamp: Lamport counter, then device. A total order over all changes of a scope; never a wall clock.
/// <c>default</c> (counter 0) is "never" and lies below every real stamp.
/// </summary>
public readonly record struct Stamp(long Counter, DeviceId Device) : IComparable<Stamp>
{
    /// <summary>It is "never".</summary>
    public bool IsNone => Counter == 0;

    /// <summary>By counter, then device.</summary>
    public int CompareTo(Stamp other)
    {
        var byCounter = Counter.CompareTo(other.Counter);
        return byCounter != 0 ? byCounter : Device.CompareTo(other.Device);
    }

    /// <summary>Earlier.</summary>
    public static bool operator <(Stamp left, Stamp right) => left.CompareTo(right) < 0;

    /// <summary>Later.</summary>
    public static bool operator >(Stamp left, Stamp right) => left.CompareTo(right) > 0;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(Stamp left, Stamp right) => left.CompareTo(right) <= 0;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(Stamp left, Stamp right) => left.CompareTo(right) >= 0;

    /// <summary>The later of two.</summary>
    public static Stamp Max(Stamp left, Stamp right) => left >= right ? left : right;

    /// <summary>Counter and device; "-" for never.</summary>
    public override string ToString() => IsNone ? "-" : $"{Counter}@{Device}";
}
