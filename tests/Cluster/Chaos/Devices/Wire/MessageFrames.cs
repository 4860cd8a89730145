using System.Buffers.Binary;

namespace OrleansSync.Chaos.Devices.Wire;

/// <summary>Finds gRPC's messages in a stream of bytes: a byte for compression, the length, the message.</summary>
internal sealed class MessageFrames(Action<ReadOnlyMemory<byte>> message)
{
    private const int HeaderBytes = 5;

    private byte[] _held = new byte[4096];
    private int _count;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_count + bytes.Length > _held.Length) Array.Resize(ref _held, Math.Max(_held.Length * 2, _count + bytes.Length));
        bytes.CopyTo(_held.AsSpan(_count));
        _count += bytes.Length;

        var taken = 0;
        while (_count - taken >= HeaderBytes)
        {
            if (_held[taken] != 0) throw new InvalidDataException("A message is compressed; the history cannot read it.");
            var length = BinaryPrimitives.ReadInt32BigEndian(_held.AsSpan(taken + 1));
            if (_count - taken - HeaderBytes < length) break;
            message(_held.AsMemory(taken + HeaderBytes, length));
            taken += HeaderBytes + length;
        }

        _held.AsSpan(taken, _count - taken).CopyTo(_held);
        _count -= taken;
    }
}
