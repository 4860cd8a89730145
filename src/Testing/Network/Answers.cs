using Google.Protobuf.Collections;
using OrleansSync.Core;
using OrleansSync.Protocol.V1;
using Outcome = OrleansSync.Protocol.V1.Outcome;

namespace OrleansSync.Testing.Network;

/// <summary>Reads what the server answers on its streams.</summary>
internal static class Answers
{
    private const string Service = "/orleanssync.v1.Sync/";

    /// <summary>Whose outcomes a message tells: an acknowledgement those of its batch, a page those of this device that it covers.</summary>
    /// <param name="call">The path of the call.</param>
    /// <param name="message">One message of its answer.</param>
    public static IEnumerable<OperationId> OutcomesIn(string call, ReadOnlyMemory<byte> message) => call switch
    {
        Service + "Push" => Ids(PushResponse.Parser.ParseFrom(message.Span).Acknowledgement?.Outcomes),
        Service + "Pull" => Ids(PullResponse.Parser.ParseFrom(message.Span).Page?.Outcomes),
        Service + "Watch" => Ids(WatchResponse.Parser.ParseFrom(message.Span).Page?.Outcomes),
        _ => [],
    };

    private static IEnumerable<OperationId> Ids(RepeatedField<Outcome>? outcomes) =>
        outcomes?.Select(static outcome => new OperationId(new Guid(outcome.OperationId.Span, bigEndian: true))) ?? [];
}
