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
        var changed = new HashSet<EntityKey>();
        var run = new SettledRun(context.Connection);
        foreach (var outcome in outcomes)
        {
            if (OperationTable.Find(context.Connection, outcome.Outcome.Operation) is not { Answered: false } entry) continue;
            var (kind, covered) = (outcome.Outcome.Kind, outcome.Outcome.Sequence <= context.Meta.Cursor);
            var status = kind == OutcomeKind.Rejected ? OperationStatus.DeadLetter : OperationStatus.Synced;
            run.Add(entry.Position, status, outcome);
            context.NoteSettled(new SettledOperation(entry.Id, new WriteOutcome(kind, outcome.Outcome.Reason, outcome.Message)));
            // A dead letter here was given up after failures, and now turns out to have reached the server.
            if (kind is OutcomeKind.Rejected or OutcomeKind.Parked || covered || entry.Status == OperationStatus.DeadLetter)
                changed.Add(entry.Entity);
        }

        run.Flush();
        foreach (var key in changed) Rebase.Run(context, key);
    }

    /// <summary>Counts a failure that the server answered; after the last allowed one, or a permanent one, gives up.</summary>
    public static void RecordFailure(WriteContext context, IReadOnlyList<OperationId> operations, OperationFailure failure, int maxFailures)
    {
        var changed = new HashSet<EntityKey>();
        foreach (var entry in WithTransactions(context.Connection, operations))
        {
            if (entry.Answered || entry.Status == OperationStatus.DeadLetter) continue;
            var failures = entry.Failures + 1;
            var status = failure.Permanent || failures >= maxFailures ? OperationStatus.DeadLetter : OperationStatus.Failed;
            OperationTable.MarkFailed(context.Connection, entry.Position, status, failures, failure);
            if (status != OperationStatus.DeadLetter) continue;
            changed.Add(entry.Entity);
            context.NoteSettled(new SettledOperation(
                entry.Id, new WriteOutcome(OutcomeKind.Rejected, RejectionReason.None, $"{failure.Code}: {failure.Message}")));
        }

        foreach (var key in changed) Rebase.Run(context, key);
    }

    /// <summary>What happens to a member of a transaction happens to all of it.</summary>
    private static List<OperationEntry> WithTransactions(LocalConnection connection, IReadOnlyList<OperationId> operations)
    {
        var entries = new Dictionary<long, OperationEntry>();
        foreach (var id in operations)
        {
            if (OperationTable.Find(connection, id) is not { } entry || entries.ContainsKey(entry.Position)) continue;
            var affected = entry.Transaction is { } transaction ? OperationTable.OfTransaction(connection, transaction) : [entry];
            foreach (var one in affected) entries[one.Position] = one;
        }

        return [.. entries.Values];
    }

    /// <summary>Outcomes that differ in nothing but the operation, of operations that follow each other: one statement records them.</summary>
    private sealed class SettledRun(LocalConnection connection)
    {
        private long _first;
        private long _last;
        private (OperationStatus Status, OperationOutcome Outcome)? _common;

        public void Add(long position, OperationStatus status, OperationOutcome outcome)
        {
            if (_common is { } common && position == _last + 1 && status == common.Status && IsAlike(outcome, common.Outcome))
            {
                _last = position;
                return;
            }

            Flush();
            (_first, _last, _common) = (position, position, (status, outcome));
        }

        public void Flush()
        {
            if (_common is { } common) OperationTable.MarkSettled(connection, _first, _last, common.Status, common.Outcome);
            _common = null;
        }

        private static bool IsAlike(OperationOutcome left, OperationOutcome right) =>
            left.Message == right.Message && left.Outcome with { Operation = right.Outcome.Operation } == right.Outcome;
    }
}
