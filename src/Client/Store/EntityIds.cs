using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansSync.Core;

namespace OrleansSync.Client.Store;

/// <summary>
/// Ids that tell which device made them: an entity with such an id nobody else can have made. UUIDs of version 8 (RFC 9562): the time and the
/// random bits of version 7, and in the last four bytes the start of a hash of the device's id and of what stands before.
/// </summary>
internal static class EntityIds
{
    private const int Length = 16;
    private const int TagLength = 4;
    private const int VersionByte = 6;
    private const byte Version = 8;

    public static string New(DeviceId device, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[VersionByte] = (byte)((bytes[VersionByte] & 0x0F) | (Version << 4));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[^TagLength..], TagOf(device, bytes[..^TagLength]));
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>The device has made this id.</summary>
    public static bool AreOf(DeviceId device, string id)
    {
        if (!Guid.TryParseExact(id, "D", out var guid)) return false;
        Span<byte> bytes = stackalloc byte[Length];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        return bytes[VersionByte] >> 4 == Version
            && BinaryPrimitives.ReadUInt32BigEndian(bytes[^TagLength..]) == TagOf(device, bytes[..^TagLength])
            // Another spelling of it is another id.
            && guid.ToString() == id;
    }

    private static uint TagOf(DeviceId device, ReadOnlySpan<byte> rest)
    {
        Span<byte> both = stackalloc byte[Length + Length - TagLength];
        device.Value.TryWriteBytes(both, bigEndian: true, out _);
        rest.CopyTo(both[Length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(both, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
