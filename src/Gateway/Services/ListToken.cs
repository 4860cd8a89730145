using System.Buffers.Binary;
using Google.Protobuf;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Gateway.Services;

/// <summary>Where a list of dead letters goes on: the sequence and the id of the last one, big-endian.</summary>
internal static class ListToken
{
    private const int IdBytes = 16;

    public static ByteString Of(DeadLetterPosition position)
    {
        var bytes = new byte[sizeof(long) + IdBytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, position.Sequence);
        position.Operation.Value.TryWriteBytes(bytes.AsSpan(sizeof(long)), bigEndian: true, out _);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary><c>null</c>: from the first.</summary>
    /// <exception cref="Grpc.Core.RpcException">It is none.</exception>
    public static DeadLetterPosition? Read(ByteString token)
    {
        if (token.IsEmpty) return null;
        if (token.Length != sizeof(long) + IdBytes) throw SyncErrors.ListTokenInvalid();
        return new(BinaryPrimitives.ReadInt64BigEndian(token.Span), new OperationId(new Guid(token.Span[sizeof(long)..], bigEndian: true)));
    }
}
