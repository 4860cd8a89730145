using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.OpLog;

/// <summary>
/// Brings back to a server that was restored to an earlier point what this device has sent it since. What was settled and is kept waits to be
/// sent again, before all that was written later, with the same ids and bytes: the server's journal answers what it still has, and
/// the rest takes effect anew. Everything is pulled again meanwhile. When both are done the rows that the server had are
/// compared with those that it has now, and the app is told what is not there.
/// </summary>
/// <remarks>
/// All of it is in the database: a process that ends anywhere in it goes on where it was. Until the rows of now are here, the user sees those
/// of before, which have the effect of what was settled; it is not laid over them a second time.
/// </remarks>
internal static class Recovery
{
    private const int PageSize = 1_000;

    // Of entities that are named; all are counted.
    private const int MostNamed = 100;

    private const string IsUnfinished = "replay > 0 AND (status IN (0, 3) OR (status = 2 AND outcome <> 4))";

    /// <summary>The handshake is of another lineage than the one before.</summary>
    /// <param name="context">The transaction.</param>
    /// <param name="lineage">The server's.</param>
    /// <param name="lost">What it says that it has lost.</param>
    public static void OnLineage(WriteContext context, Guid lineage, SequenceGap lost)
    {
        var before = context.Meta;
        if (before.History == lineage)
        {
            context.Meta = before with { Lost = lost };
            return;
        }

        context.Meta = before with { History = lineage, Lost = lost, Answered = 0 };
        if (before.History == Guid.Empty) return;
        // A lineage that no restore has begun: the user's data was erased on purpose, and does not come back.
        if (lost.Through > before.Lost.Through) Begin(context);
        else OperationTable.ForgetSequences(context.Connection);
        PageApplier.Restart(context);
        LocalLog.NoteDoneBelow(context);
    }

    /// <summary>Tells the app what the server does not have, as soon as all that it can have again is there.</summary>
    public static void TryFinish(WriteContext context)
    {
        if (context.Meta is not { Recovery: { RowsAreOfBefore: false } recovery, Resyncing: false, Cursor: > 0 }) return;
        if (context.Connection.Number($"SELECT 1 FROM operations WHERE {IsUnfinished} LIMIT 1") is not null) return;
        var (missing, named) = (0, new List<MissingEntity>());
        foreach (var before in BeforeTable.All(context.Connection))
        {
            if (!context.Meta.Types.Holds(before.Key.Type) || !IsMissing(before, EntityTable.FindServerRow(context.Connection, before.Key))) continue;
            if (++missing <= MostNamed) named.Add(new MissingEntity(before.Key.Type, before.Key.Id));
        }

        BeforeTable.Clear(context.Connection);
        context.Connection.Execute("UPDATE operations SET replay = 0 WHERE replay > 0");
        context.Meta = context.Meta with { Recovery = null };
        context.NoteEvent(new SyncEvent.Recovered(recovery.Resent, recovery.Refused, missing, named, recovery.HasForgotten));
    }

    /// <summary>The rows of now are in the place of those of before.</summary>
    public static void OnResynced(WriteContext context)
    {
        if (context.Meta.Recovery is { RowsAreOfBefore: true } recovery) context.Meta = context.Meta with { Recovery = recovery with { RowsAreOfBefore = false } };
    }

    /// <summary>The outcome of an operation that is sent again, as it counts here.</summary>
    public static OperationOutcome Judge(WriteContext context, OperationEntry entry, OperationOutcome outcome)
    {
        if (entry.Replay == Replay.None || outcome.Outcome.Kind != OutcomeKind.Rejected) return outcome;
        // The journal lost it to a purge that was before the backup: its effect is in what was restored.
        if (outcome.Outcome.Reason == RejectionReason.StaleReplay)
            return new OperationOutcome(new Outcome(entry.Id, OutcomeKind.Superseded, 0, RejectionReason.None), null);
        if (context.Meta.Recovery is { } recovery) context.Meta = context.Meta with { Recovery = recovery with { Refused = recovery.Refused + 1 } };
        return outcome;
    }

    private static void Begin(WriteContext context)
    {
        var (connection, meta) = (context.Connection, context.Meta);
        var hasRows = meta.Cursor > 0 || meta.Resyncing;
        var wereOfBefore = meta.Recovery is { RowsAreOfBefore: true };
        BeforeTable.Fill(connection, meta.Lost);
        OperationTable.Reopen(connection, rowsHaveReplays: hasRows && (meta.Recovery is null || wereOfBefore));
        Requeue(connection);
        foreach (var run in CounterRuns.Of(OperationTable.Replayed(connection))) AttemptedTable.Add(connection, run);
        context.Meta = meta with
        {
            // What is in flight is sent again with the rest.
            InFlight = InFlight.Nothing,
            Recovery = new RecoveryState(
                OperationTable.Replayed(connection).Count,
                meta.Recovery?.Refused ?? 0,
                meta.ForgottenThrough > meta.Lost.After || meta.Recovery is { HasForgotten: true },
                RowsAreOfBefore: hasRows),
        };
    }

    /// <summary>Puts what is kept back into the log, but for transactions of which some is not there any more.</summary>
    private static void Requeue(LocalConnection connection)
    {
        for (var after = 0L; KeptTable.Page(connection, after, PageSize) is { Count: > 0 } page; after = page[^1].Position)
        {
            foreach (var (_, operation, payload, writtenAt) in page)
                OperationTable.Append(connection, operation, payload, writtenAt, Replay.Shown);
        }

        KeptTable.Clear(connection);
        OperationTable.RemoveIncomplete(connection);
    }

    /// <summary>
    /// What the device had of the entity is not all there. Edits, deletes and plain fields tell it by their timestamps. Of counters and sets
    /// nothing does: a counter that is lower is taken to have lost something, and a set that lacks an element, though somebody may have taken it since.
    /// </summary>
    private static bool IsMissing(EntityRow before, EntityRow? now)
    {
        // A pull from the start brings no tombstones.
        if (now is null) return !before.Deleted;
        if (now.Generation != before.Generation) return now.Generation < before.Generation;
        if (before.Deleted) return !now.Deleted && now.LastDelete < before.LastDelete;
        // Dead by a delete that this device had not seen: that is news, and no loss.
        if (now.Deleted) return now.LastDelete <= before.LastDelete;
        return before.LastEdit > now.LastEdit || before.Fields.Any(field => IsMissing(field, now));
    }

    private static bool IsMissing(Field before, EntityRow now) => (before, now.Fields.FirstOrDefault(field => field.Name == before.Name)) switch
    {
        (PlainField plain, PlainField held) => held.Stamp < plain.Stamp,
        (PlainField plain, _) => plain.Value is not null && plain.Stamp >= now.DocumentStamp,
        (CounterField counter, CounterField held) => held.Value < counter.Value,
        (CounterField counter, _) => counter.Value != 0,
        (SetFieldValue set, SetFieldValue held) => set.Entries.Any(entry => !HasTags(held, entry)),
        (SetFieldValue set, _) => set.Entries.Length > 0,
        _ => false,
    };

    private static bool HasTags(SetFieldValue held, SetEntry entry) =>
        held.Entries.Any(other => other.Element == entry.Element && entry.Tags.All(tag => other.Tags.Contains(tag)));
}
