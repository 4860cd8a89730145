using System.Buffers.Binary;
using OrleansSync.Core;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>Sum mod 2^128 of the digests of some of the server's rows, and how many of them are live. Tombstones count nothing.</summary>
internal readonly record struct RowDigest(UInt128 Sum, long Rows)
{
    private const int Size = 24;

    public static RowDigest Of(EntityRow? row) => row is null or { Deleted: true } ? default : new(Digest.OfRow(row), 1);

    public static RowDigest operator +(RowDigest left, RowDigest right) => new(unchecked(left.Sum + right.Sum), left.Rows + right.Rows);

    public static RowDigest operator -(RowDigest left, RowDigest right) => new(unchecked(left.Sum - right.Sum), left.Rows - right.Rows);

    public static RowDigest Read(ReadOnlySpan<byte> stored) => stored.Length == Size
        ? new(BinaryPrimitives.ReadUInt128BigEndian(stored), BinaryPrimitives.ReadInt64BigEndian(stored[16..]))
        : default;

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Sum);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), Rows);
        return bytes;
    }
}
