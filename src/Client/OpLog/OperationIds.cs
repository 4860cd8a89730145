using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Ids of operations and transactions: UUIDs of version 7, as <see cref="Guid.CreateVersion7(DateTimeOffset)"/> makes them, but that the
/// system is asked for random bytes once in many ids. Its answer takes as long as the rest of a small write's merge.
/// </summary>
internal static class OperationIds
{
    private const int TimeBytes = 6;
    private const int RandomBytes = 16 - TimeBytes;
    private const int Block = 64 * RandomBytes;

    [ThreadStatic]
    private static byte[]? _block;

    [ThreadStatic]
    private static int _left;

    public static Guid New(DateTimeOffset now)
    {
        _block ??= new byte[Block];
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(_block);
            _left = Block;
        }

        Span<byte> id = stackalloc byte[16];
        // 48 bits of time; the two bytes below them are overwritten by the random ones.
        BinaryPrimitives.WriteInt64BigEndian(id, now.ToUnixTimeMilliseconds() << 16);
        _block.AsSpan(Block - _left, RandomBytes).CopyTo(id[TimeBytes..]);
        _left -= RandomBytes;
        id[TimeBytes] = (byte)((id[TimeBytes] & 0x0F) | 0x70);
        id[TimeBytes + 2] = (byte)((id[TimeBytes + 2] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}
