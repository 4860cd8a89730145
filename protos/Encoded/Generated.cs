using Google.Protobuf;

namespace OrleansSync.Protocol.Encoded;

/// <summary>Messages that are too rare to be read by hand.</summary>
internal static class Generated
{
    /// <exception cref="InvalidDataException">It is no protobuf message.</exception>
    public static T Merge<T>(T message, ReadOnlySpan<byte> part)
        where T : IMessage<T>
    {
        try
        {
            message.MergeFrom(part);
            return message;
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw new InvalidDataException("Not a protobuf message.", malformed);
        }
    }
}
