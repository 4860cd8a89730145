using System.Buffers.Binary;
using Google.Protobuf;
using OrleansSync.Core;

namespace OrleansSync.Protocol;

/// <summary>UUIDs and 128-bit numbers as 16 bytes, big-endian.</summary>
public static class WireIds
{
    private const int Size = 16;

    public static ByteString ToWire(Guid id)
    {
        var bytes = new byte[Size];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    public static ByteString ToWire(DeviceId id) => ToWire(id.Value);

    public static ByteString ToWire(OperationId id) => ToWire(id.Value);

    public static ByteString ToWire(UInt128 value)
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary>Takes 16 bytes that are not all zero, and nothing else.</summary>
    public static bool TryRead(ByteString wire, out Guid id) => TryRead(wire.Span, out id);

    /// <summary>Takes 16 bytes that are not all zero, and nothing else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> wire, out Guid id)
    {
        id = wire.Length == Size ? new Guid(wire, bigEndian: true) : Guid.Empty;
        return id != Guid.Empty;
    }

    public static bool TryRead(ByteString wire, out DeviceId id)
    {
        var read = TryRead(wire, out Guid value);
        id = new DeviceId(value);
        return read;
    }

    public static bool TryRead(ByteString wire, out UInt128 value)
    {
        value = wire.Length == Size ? BinaryPrimitives.ReadUInt128BigEndian(wire.Span) : UInt128.Zero;
        return wire.Length == Size;
    }

    internal static Fault Fault(string path) => new(FaultCode.InvalidUuid, path, "A UUID has 16 bytes, big-endian, that are not all zero.");
}
