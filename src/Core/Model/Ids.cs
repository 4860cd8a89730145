namespace OrleansSync.Core;

/// <summary>The idempotency key of an operation: a UUID the device makes. An id only, never an order.</summary>
public readonly record struct OperationId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>A device. Ordered by its 16 big-endian bytes, which breaks ties between equal counters.</summary>
public readonly record struct DeviceId(Guid Value) : IComparable<DeviceId>
{
    // Guid.CompareTo compares the fields as unsigned numbers from the most significant one: big-endian byte order.
    public int CompareTo(DeviceId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("D");
}

/// <summary>A group of operations that commits whole or not at all.</summary>
public readonly record struct TransactionId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>The unit of ordering and access: what one change log covers. Today one per user.</summary>
public readonly record struct ScopeId(string Value)
{
    private const string UserPrefix = "user/";

    public static ScopeId ForUser(string user) => new(UserPrefix + user);

    public override string ToString() => Value;
}

/// <summary>An entity within a scope.</summary>
public readonly record struct EntityKey(string Type, string Id)
{
    public override string ToString() => $"{Type}/{Id}";
}
