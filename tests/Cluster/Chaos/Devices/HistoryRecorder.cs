using System.Collections.Concurrent;
using Google.Protobuf;
using OrleansSync.Chaos.History;
using OrleansSync.Core;
using OrleansSync.Protocol.V1;
using Outcome = OrleansSync.Protocol.V1.Outcome;
using OutcomeKind = OrleansSync.Core.OutcomeKind;

namespace OrleansSync.Chaos.Devices;

/// <summary>Writes what goes over the wire into the history, each operation's content once a process.</summary>
internal sealed class HistoryRecorder(HistoryFile history)
{
    private readonly ConcurrentDictionary<Guid, bool> _known = new();

    public void NoteSent(string stream, OperationBatch batch)
    {
        var ids = new List<Guid>(batch.Operations.Count);
        foreach (var operation in batch.Operations)
        {
            var id = IdOf(operation.Id);
            ids.Add(id);
            if (_known.TryAdd(id, true)) history.Add(new Content(id, operation.ToByteArray()));
        }

        history.Add(new Sent(stream, ids));
    }

    public void NoteAnswered(string stream, IReadOnlyCollection<Outcome> outcomes)
    {
        if (outcomes.Count == 0) return;
        history.Add(new Answered(stream, [.. outcomes.Select(static outcome => new AnsweredOutcome(
            IdOf(outcome.OperationId),
            (OutcomeKind)outcome.Kind,
            outcome.Sequence,
            (Core.RejectionReason)(outcome.Rejection?.Reason ?? Protocol.V1.RejectionReason.Unspecified)))]));
    }

    private static Guid IdOf(ByteString wire) => new(wire.Span, bigEndian: true);
}
