using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Push;

/// <summary>What a device reads of a batch that has its outcomes.</summary>
internal static class Acknowledgements
{
    public static BatchAcknowledgement Of(TakenBatch batch, PushReply reply)
    {
        var acknowledgement = new BatchAcknowledgement { Number = batch.Number, Clock = reply.Clock };
        foreach (var outcome in reply.Outcomes) acknowledgement.Outcomes.Add(OutcomeMapping.ToWire(outcome));
        return acknowledgement;
    }
}
