using System.Collections.Immutable;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Makes a database that was copied a device of its own. What the other copy may have sent, or this one with an unknown end, becomes a
/// dead letter; what was never attempted goes on under the new id, unless it would count twice if the other copy has sent it too.
/// </summary>
internal static class CopiedDatabase
{
    private static readonly OperationFailure Unknown = new(
        "OutcomeUnknown",
        "This database was copied, and the other copy may have sent this operation. Look at the entity: retry it where its effect is missing, or discard it.",
        Permanent: true);

    public static DeviceRenewal Renew(WriteContext context, DateTimeOffset now)
    {
        var (before, device) = (context.Meta.Device, new DeviceId(Guid.CreateVersion7(now)));
        var waiting = OperationTable.Waiting(context.Connection);
        // A transaction goes on whole or not at all.
        var goesOn = waiting.GroupBy(static one => one.Operation.Transaction?.Id.Value ?? one.Operation.Id.Value).ToLookup(CanGoOn);
        var lost = goesOn[false].SelectMany(static group => group).ToList();
        foreach (var (entry, _) in lost) Settlement.GiveUp(context, entry, Unknown);
        Restamp(context, [.. goesOn[true].SelectMany(static group => group)], before, device, now);
        AttemptedTable.Clear(context.Connection);
        // They are the other copy's, which can send them again.
        KeptTable.Clear(context.Connection);
        context.Meta = context.Meta with { Device = device, SessionToken = default, InFlight = InFlight.Nothing, Rewritten = null };
        LocalLog.NoteDoneBelow(context);
        // Stamps are the device's.
        foreach (var key in waiting.Select(static one => one.Entry.Entity).Distinct()) Rebase.Run(context, key);
        context.NoteEvent(new SyncEvent.Copied(lost.Count));
        return new DeviceRenewal(device, lost.Count);

        bool CanGoOn(IEnumerable<(OperationEntry Entry, Operation Operation)> group) => group.All(one =>
            one.Entry.Failures == 0
            && !AttemptedTable.Contains(context.Connection, one.Entry.Counter)
            && !one.Operation.Changes.Any(static change => change is IncrementField));
    }

    private static void Restamp(
        WriteContext context, List<(OperationEntry Entry, Operation Operation)> kept, DeviceId before, DeviceId device, DateTimeOffset now)
    {
        var counters = kept.Select(static one => one.Entry.Counter).ToHashSet();
        var transactions = new Dictionary<TransactionId, TransactionId>();
        foreach (var (entry, operation) in kept)
        {
            var renewed = operation with
            {
                Id = new OperationId(OperationIds.New(now)),
                Device = device,
                Transaction = operation.Transaction is { } transaction ? transaction with { Id = Renewed(transaction.Id) } : null,
                Changes = [.. operation.Changes.Select(Renew)],
            };
            OperationTable.Replace(context.Connection, renewed);
            // Who waits for the one waits for the other.
            context.NoteAbsorbed(new AbsorbedOperation(entry.Id, renewed.Id));
        }

        TransactionId Renewed(TransactionId id) =>
            transactions.TryGetValue(id, out var known) ? known : transactions[id] = new TransactionId(OperationIds.New(now));

        // Elements that were added by what goes on have the new device's tags.
        FieldChange Renew(FieldChange change) => change switch
        {
            AddElement add => add with { Observed = Tags(add.Observed) },
            RemoveElement remove => remove with { Observed = Tags(remove.Observed) },
            _ => change,
        };

        ImmutableArray<ElementTag> Tags(ImmutableArray<ElementTag> observed) =>
            [.. observed.Select(tag => tag.Device == before && counters.Contains(tag.Counter) ? tag with { Device = device } : tag)];
    }
}
