using System.Buffers.Binary;

namespace OrleansSync.Testing.Network;

/// <summary>Carries gRPC's messages one by one, so that the connection can break at one of them.</summary>
/// <param name="inner">Messages as gRPC frames them: a flag, a length of 4 bytes, and so many bytes. The server compresses none.</param>
/// <param name="breaksAt">Asked before a message is carried. True: the inner stream is broken now.</param>
internal sealed class MessageStream(Stream inner, Func<ReadOnlyMemory<byte>, bool> breaksAt) : ReadOnlyStream
{
    private const int HeaderBytes = 5;

    private ReadOnlyMemory<byte> _left;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left.IsEmpty) _left = await NextAsync(cancellationToken);
        var count = Math.Min(buffer.Length, _left.Length);
        _left[..count].CopyTo(buffer);
        _left = _left[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>With its header; empty: the end.</summary>
    private async Task<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        if (await inner.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, cancellationToken) < HeaderBytes) return default;
        var frame = new byte[HeaderBytes + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))];
        header.CopyTo(frame, 0);
        await inner.ReadExactlyAsync(frame.AsMemory(HeaderBytes), cancellationToken);
        if (breaksAt(frame.AsMemory(HeaderBytes))) throw new IOException("The connection was cut under an outcome.");
        return frame;
    }
}
