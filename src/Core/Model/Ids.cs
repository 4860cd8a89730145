namespace OrleansSync.Core;

/// <summary>The idempotency key of an operation: a UUID the device makes. An id only, never an order.</summary>
public readonly record struct OperationId(Guid Value)
{
    /// <summary>The UUID, with hyphens.</summary>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A device. Ordered by its 16 big-endian bytes, which breaks ties between equal counters.</summary>
public readonly record struct DeviceId(Guid Value) : IComparable<DeviceId>
{
    /// <summary>
    /// The device of all that server code writes, in every scope: a UUID of version 8, which no device makes by chance. Its counters
    /// are given by the scope's log; no session is ever opened for it.
    /// </summary>
    public static DeviceId Backend { get; } = new(new Guid("6f726c65-616e-8000-8000-6261636b656e"));

    // Guid.CompareTo compares the fields as unsigned numbers from the most significant one: big-endian byte order.
    /// <summary>By the 16 bytes of the UUID, as they are written.</summary>
    public int CompareTo(DeviceId other) => Value.CompareTo(other.Value);

    /// <summary>The UUID, with hyphens.</summary>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A group of operations that commits whole or not at all.</summary>
public readonly record struct TransactionId(Guid Value)
{
    /// <summary>The UUID, with hyphens.</summary>
    public override string ToString() => Value.ToString("D");
}

/// <summary>The unit of ordering and access: what one change log covers. Today one per user.</summary>
public readonly record struct ScopeId(string Value)
{
    private const string UserPrefix = "user/";

    /// <summary>The scope of a user.</summary>
    public static ScopeId ForUser(string user) => new(UserPrefix + user);

    /// <summary>The user whose scope it is; <c>null</c>: nobody's alone.</summary>
    public string? User => Value.StartsWith(UserPrefix, StringComparison.Ordinal) ? Value[UserPrefix.Length..] : null;

    /// <summary>The name, such as in logs.</summary>
    public override string ToString() => Value;
}

/// <summary>An entity within a scope.</summary>
public readonly record struct EntityKey(string Type, string Id)
{
    /// <summary>Type and id, with a slash between.</summary>
    public override string ToString() => $"{Type}/{Id}";
}
