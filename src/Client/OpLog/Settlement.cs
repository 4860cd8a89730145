using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>Records what became of operations.</summary>
internal static class Settlement
{
    /// <summary>
    /// Records outcomes, each once, whichever stream brings it. An accepted operation stays over the server's row until the
    /// visible cursor covers it; a refused or parked one leaves at once.
    /// </summary>
    public static void Record(WriteContext context, IReadOnlyList<OperationOutcome> outcomes)
    {
        if (outcomes.Count == 0) return;
        var operations = outcomes.Select(static one => one.Outcome.Operation).ToHashSet();
        var entries = AnsweredEntries.Of(context, operations);
        context.Meta = context.Meta with { InFlight = context.Meta.InFlight.WithoutSettled(operations) };
        var changed = new HashSet<EntityKey>();
        var settled = new List<(long Counter, long Place, Settled Mark)>(outcomes.Count);
        foreach (var answered in outcomes)
        {
            // Found once: an operation that is named twice has its outcome by the first.
            if (answered.Outcome.Sequence > context.Meta.Answered) context.Meta = context.Meta with { Answered = answered.Outcome.Sequence };
            if (!entries.Remove(answered.Outcome.Operation, out var found) || found.Entry.Answered) continue;
            var entry = found.Entry;
            var outcome = Recovery.Judge(context, entry, answered);
            // No row of a type that is not held comes after it: what the server has taken leaves at once.
            var isHeld = context.Meta.Types.Holds(entry.Entity.Type);
            var (kind, covered) = (outcome.Outcome.Kind, !isHeld || outcome.Outcome.Sequence <= context.Meta.Cursor);
            var status = kind == OutcomeKind.Rejected ? OperationStatus.DeadLetter : OperationStatus.Synced;
            settled.Add((entry.Counter, found.Place, new Settled(status, isHeld ? outcome : outcome with { Outcome = outcome.Outcome with { Sequence = 0 } })));
            // What is sent again had its end before, and those who waited for it were told.
            if (entry.Replay == Replay.None || kind is OutcomeKind.Rejected or OutcomeKind.Parked)
            {
                context.NoteSettled(new SettledOperation(entry.Id, new WriteOutcome(kind, outcome.Outcome.Reason, outcome.Message), entry.WrittenAt));
                NoteEvent(context, entry, kind, outcome);
            }

            // A dead letter here was given up after failures, and now turns out to have reached the server.
            if (kind is OutcomeKind.Rejected or OutcomeKind.Parked || covered || entry.Status == OperationStatus.DeadLetter)
                changed.Add(entry.Entity);
        }

        foreach (var (run, mark) in CounterRuns.Of(settled, Settled.AreAlike))
            OperationTable.MarkSettled(context.Connection, run, mark.Status, mark.Outcome);
        foreach (var key in changed) Rebase.Run(context, key);
    }

    /// <summary>Counts a failure that the server answered; after the last allowed one, or a permanent one, gives up.</summary>
    public static void RecordFailure(WriteContext context, IReadOnlyList<OperationId> operations, OperationFailure failure, int maxFailures)
    {
        var changed = new HashSet<EntityKey>();
        var entries = WithTransactions(context.Connection, operations);
        context.Meta = context.Meta with { InFlight = context.Meta.InFlight.WithoutFailed(operations) };
        foreach (var entry in entries)
        {
            if (entry.Answered || entry.Status == OperationStatus.DeadLetter) continue;
            var failures = entry.Failures + 1;
            if (failure.Permanent || failures >= maxFailures)
            {
                GiveUp(context, entry with { Failures = failures }, failure);
                changed.Add(entry.Entity);
            }
            else
            {
                OperationTable.MarkFailed(context.Connection, entry.Counter, OperationStatus.Failed, failures, failure);
            }
        }

        foreach (var key in changed) Rebase.Run(context, key);
    }

    /// <summary>Makes an operation without an outcome a dead letter. Its local row is still to be computed.</summary>
    public static void GiveUp(WriteContext context, OperationEntry entry, OperationFailure failure)
    {
        OperationTable.MarkFailed(context.Connection, entry.Counter, OperationStatus.DeadLetter, entry.Failures, failure);
        context.NoteSettled(new SettledOperation(
            entry.Id, new WriteOutcome(OutcomeKind.Rejected, RejectionReason.None, $"{failure.Code}: {failure.Message}"), entry.WrittenAt, GivenUp: true));
        context.NoteEvent(new SyncEvent.DeadLettered(entry.Id, entry.Entity.Type, entry.Entity.Id, failure.Code, failure.Message));
    }

    private static void NoteEvent(WriteContext context, OperationEntry entry, OutcomeKind kind, OperationOutcome outcome)
    {
        if (kind == OutcomeKind.Rejected)
            context.NoteEvent(new SyncEvent.DeadLettered(entry.Id, entry.Entity.Type, entry.Entity.Id, outcome.Outcome.Reason.ToString(), outcome.Message));
        else if (kind != OutcomeKind.Applied)
            context.NoteEvent(new SyncEvent.Conflict(entry.Id, entry.Entity.Type, entry.Entity.Id, kind));
    }

    /// <summary>What happens to a member of a transaction happens to all of it.</summary>
    private static List<OperationEntry> WithTransactions(LocalConnection connection, IReadOnlyList<OperationId> operations)
    {
        var entries = new Dictionary<long, OperationEntry>();
        foreach (var id in operations)
        {
            if (OperationTable.Find(connection, id) is not { } entry || entries.ContainsKey(entry.Counter)) continue;
            var affected = entry.Transaction is { } transaction ? OperationTable.OfTransaction(connection, transaction) : [entry];
            foreach (var one in affected) entries[one.Counter] = one;
        }

        return [.. entries.Values];
    }

    private readonly record struct Settled(OperationStatus Status, OperationOutcome Outcome)
    {
        /// <summary>They differ in nothing but the operation.</summary>
        public static bool AreAlike(Settled left, Settled right) =>
            left.Status == right.Status && left.Outcome.Message == right.Outcome.Message
            && left.Outcome.Outcome with { Operation = right.Outcome.Outcome.Operation } == right.Outcome.Outcome;
    }
}
