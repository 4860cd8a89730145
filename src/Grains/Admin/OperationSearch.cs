using System.Collections.Immutable;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Retention;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Admin;

/// <summary>Puts together what the journal says of an operation and what is known of the devices.</summary>
public sealed class OperationSearch(ISyncStore store, ScopeId scope, RetentionOptions retention, TimeProvider time)
{
    /// <param name="operation">What is looked for.</param>
    /// <param name="devices">All of the user's.</param>
    public async Task<OperationWhereabouts> FindAsync(OperationId operation, ImmutableArray<DeviceInfo> devices)
    {
        var record = await RecordAsync(operation);
        var isDeadLetter = record is { Outcome.Kind: OutcomeKind.Rejected }
            && await store.FindDeadLetterAsync(scope, operation, CancellationToken.None) is not null;
        var state = await store.ReadScopeAsync(scope, CancellationToken.None);
        ImmutableArray<DeviceWhereabouts> whereabouts =
        [
            .. devices.Select(device => device.Position?.Lineage == state?.Lineage ? device : device with { Position = null })
                .Select(device => new DeviceWhereabouts(device, PossessionOf(record, device.Position))),
        ];
        return new(record, isDeadLetter, state?.Head ?? 0, (time.GetUtcNow() - retention.Journal).ToUnixTimeMilliseconds(), whereabouts);
    }

    private async Task<OperationRecord?> RecordAsync(OperationId operation)
    {
        if (await store.FindRecordAsync(scope, operation, CancellationToken.None) is not { Entry: var entry, CommittedAt: var at }) return null;
        var writer = (await store.ListDevicesAsync(scope, CancellationToken.None)).FirstOrDefault(device => device.Device == entry.Device);
        var hasOutcome = entry.Device == DeviceId.Backend || writer?.DoneBelow > entry.Counter;
        var outcome = new Outcome(operation, entry.Outcome, entry.Sequence, entry.Reason);
        return new(entry.Device, entry.Entity, entry.Kind, entry.Counter, outcome, at, hasOutcome);
    }

    private static Possession PossessionOf(OperationRecord? record, DevicePosition? position)
    {
        if (record is not { Outcome: { Kind: not OutcomeKind.Rejected, Sequence: var sequence } }) return Possession.Nothing;
        if (position is null) return Possession.Unknown;
        if (position.Held >= sequence) return Possession.Has;
        return position.Sent >= sequence ? Possession.Sent : Possession.NotYet;
    }
}
