using System.Text.Json.Nodes;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store.Golden;

/// <summary>
/// What the golden files hold: one operation in each state that an operation can be in, rows of the server, and a pull that was interrupted.
/// The files of older formats were written by this code with the library of their time.
/// </summary>
internal static class GoldenFile
{
    public static readonly Guid Lineage = new("0190a000-0000-7000-8000-00000000000f");

    private static readonly DeviceId Other = new(new Guid("0190a000-0000-7000-8000-000000000001"));

    public static async Task WriteAsync(SyncStore store)
    {
        var notes = store.Collection("notes");
        var log = store.Log;
        await log.RecordHandshakeAsync(new HandshakeResult(new byte[] { 1, 2, 3 }, null, default, 10, Lineage, 3, Limits.Default), default);
        await log.ApplyPageAsync(Page(complete: true, cursor: 3, Row("s1", 1, "server"), Row("s2", 2, "server"), Row("s3", 3, "server")), default);

        await notes.PutAsync(Note("acked"));
        await AnswerAsync(log, OutcomeKind.Applied, RejectionReason.None, sequence: 5);
        await notes.PutAsync(Note("rejected"));
        await AnswerAsync(log, OutcomeKind.Rejected, RejectionReason.EntityGone, sequence: 6);
        await notes.PutAsync(Note("failed"));
        var failed = await TakeAsync(log);
        await log.RecordFailureAsync([.. failed.Operations.Select(static one => one.Id)], new OperationFailure("OS1015", "Busy.", Permanent: false), default);
        await notes.PutAsync(Note("flight"));
        // What has failed leaves alone, and before the others.
        await TakeAsync(log);
        await TakeAsync(log);

        await notes.PutAsync(Note("pending"));
        await notes.PatchAsync("s1", static patch => patch.Set("title", "mine").Increment("minutes", 2));
        await notes.DeleteAsync("s2");
        await store.TransactionAsync(tx =>
        {
            tx.Put(notes, Note("t1"));
            tx.Put(notes, Note("t2"));
        });
        await log.ApplyPageAsync(Page(complete: false, cursor: 0, Row("s4", 7, "staged")), default);
    }

    private static SyncDocument Note(string id) => new(id, new JsonObject { ["title"] = $"title of {id}" });

    private static async Task<OperationBatch> TakeAsync(ILocalLog log) =>
        (await log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default))!;

    private static async Task AnswerAsync(ILocalLog log, OutcomeKind kind, RejectionReason reason, long sequence)
    {
        var batch = await TakeAsync(log);
        await log.AcknowledgeAsync(
            [.. batch.Operations.Select(one => new OperationOutcome(new Outcome(one.Id, kind, sequence, reason), "as the server says"))], sequence, default);
    }

    private static ChangePage Page(bool complete, long cursor, params EntityRow[] rows) => new(
        [.. rows.Select(static row => new EncodedRow(row))], [], complete, complete ? Lineage : Guid.Empty, cursor, complete ? default : new byte[] { 9 }, 7, 10);

    private static EntityRow Row(string id, long sequence, string title)
    {
        var operation = new Operation
        {
            Id = new OperationId(Guid.CreateVersion7()),
            Device = Other,
            Entity = new EntityKey("notes", id),
            Kind = OperationKind.Create,
            Counter = sequence,
            Changes = [new SetField("title", Core.JsonValue.FromText($"\"{title}\"")), new IncrementField("minutes", 4)],
        };
        return Merge.Apply(null, operation, new MergeContext(SyncSchema.Open.Find("notes")!, sequence, 1_000, Limits.Default)).Row!;
    }
}
