using Google.Protobuf;
using Grpc.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>Calls of <see cref="V1.Sync"/> with messages of which parts are left as bytes; on the wire they are the same.</summary>
public static class SyncMethod
{
    public static Method<TRequest, TResponse> Of<TRequest, TResponse>(
        MethodType type, string name, MessageParser<TRequest> request, MessageParser<TResponse> response)
        where TRequest : class, IMessage<TRequest>, IBufferMessage
        where TResponse : class, IMessage<TResponse>, IBufferMessage =>
        new(type, V1.Sync.Descriptor.FullName, name, MarshallerOf(request), MarshallerOf(response));

    private static Marshaller<T> MarshallerOf<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, IBufferMessage => Marshallers.Create(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
