using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using DeviceWhereabouts = OrleansSync.Backend.DeviceWhereabouts;
using OperationKind = OrleansSync.Protocol.V1.OperationKind;
using OperationRecord = OrleansSync.Backend.OperationRecord;
using Outcome = OrleansSync.Core.Outcome;
using OutcomeKind = OrleansSync.Core.OutcomeKind;

namespace OrleansSync.Gateway.Services;

/// <summary>What operators are answered.</summary>
internal static class AdminMapping
{
    public static DeadLetter ToWire(DeadLetterSummary letter) => new()
    {
        OperationId = WireIds.ToWire(letter.Operation),
        DeviceId = WireIds.ToWire(letter.Device),
        Type = letter.Entity.Type,
        EntityId = letter.Entity.Id,
        Kind = (OperationKind)letter.Kind,
        Counter = letter.Counter,
        Rejection = OutcomeMapping.ToWire(new Outcome(letter.Operation, OutcomeKind.Rejected, letter.Sequence, letter.Reason)).Rejection,
        Detail = letter.Message ?? "",
        Sequence = letter.Sequence,
        RecordedAt = letter.RecordedAt,
        TransactionId = letter.Transaction is { } transaction ? WireIds.ToWire(transaction.Value) : Google.Protobuf.ByteString.Empty,
    };

    public static DeadLetter ToWire(Grains.Storage.DeadLetter letter)
    {
        var wire = ToWire(DeadLetterSummary.Of(letter));
        wire.Operation = OperationMapping.ToWire(letter.Operation);
        return wire;
    }

    public static WhereIsResponse ToWire(OperationWhereabouts found) => new()
    {
        Record = found.Record is { } record ? ToWire(record) : null,
        DeadLetter = found.IsDeadLetter,
        Head = found.Head,
        JournalSince = found.JournalSince,
        Devices = { found.Devices.Select(ToWire) },
    };

    private static Protocol.V1.OperationRecord ToWire(OperationRecord record) => new()
    {
        DeviceId = record.Device == DeviceId.Backend ? Google.Protobuf.ByteString.Empty : WireIds.ToWire(record.Device),
        Type = record.Entity.Type,
        EntityId = record.Entity.Id,
        Kind = (OperationKind)record.Kind,
        Counter = record.Counter,
        Outcome = OutcomeMapping.ToWire(record.Outcome),
        CommittedAt = record.CommittedAt,
        DeviceHasOutcome = record.DeviceHasOutcome,
    };

    private static Protocol.V1.DeviceWhereabouts ToWire(DeviceWhereabouts device) => new()
    {
        Device = DeviceMapping.ToWire(device.Info),
        Possession = (Protocol.V1.Possession)device.Possession,
        HeldSequence = device.Info.Position?.Held ?? 0,
        SentSequence = device.Info.Position?.Sent ?? 0,
        HeardAt = device.Info.Position?.At ?? 0,
    };
}
