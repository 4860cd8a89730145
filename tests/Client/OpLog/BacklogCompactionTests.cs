using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class BacklogCompactionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R7_A_create_and_updates_become_the_create_and_every_receipt_has_its_outcome()
    {
        await using var store = await _folder.OpenAsync();
        var receipts = new List<WriteReceipt> { await store.Notes().PutAsync(new Note("n1", "a")) };
        await store.Notes().PutAsync(new Note("other", "b"));
        receipts.Add(await store.Notes().PatchAsync("n1", patch => patch.Set("title", "c").Increment("minutes", 2).Add("tags", "x")));
        receipts.Add(await store.Notes().PatchAsync("n1", patch => patch.Increment("minutes", 3).RemoveElement("tags", "x")));
        var shown = await store.Notes().FindAsync("n1");

        Assert.Equal(2, await CompactAsync(store));

        Assert.Equal(new Note("n1", "c", Minutes: 5), (await store.Notes().FindAsync("n1"))! with { Tags = null });
        Assert.Equal(shown!.Tags, (await store.Notes().FindAsync("n1"))!.Tags);
        Assert.Equal(["other", "n1"], (await store.LogAsync()).Select(operation => operation.Entity.Id));
        Assert.Equal((OperationKind.Create, receipts[2].Operations[0], 4), (await store.LogAsync())[1] is var one ? (one.Kind, one.Id, one.Counter) : default);
        Assert.DoesNotContain(receipts, receipt => receipt.Outcome.IsCompleted);

        await PushAsync(store);

        foreach (var receipt in receipts) Assert.Equal(OutcomeKind.Applied, (await receipt.Outcome.WaitAsync(Patience)).Kind);
        Assert.Equal(5, _server.RowAt(new EntityKey("notes", "n1"), _server.Head)!.Fields.OfType<CounterField>().Single().Value);
    }

    [Fact]
    public async Task R7_A_thousand_edits_of_one_entity_leave_as_one()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await PushAsync(store);
        for (var i = 1; i <= 1_000; i++) await store.Notes().PatchAsync("n1", patch => patch.Set("title", $"{i}"));

        Assert.Equal(999, await CompactAsync(store));

        Assert.Equal("1000", (await store.Notes().FindAsync("n1"))!.Title);
        Assert.Equal(1, (await store.Log.DepthAsync(default)).Pending);
    }

    [Fact]
    public async Task R7_What_this_device_made_and_deleted_again_becomes_nothing()
    {
        await using var store = await _folder.OpenAsync();
        var id = store.NewId();
        var created = await store.Notes().PutAsync(new Note(id, "a"));
        var deleted = await store.Notes().DeleteAsync(id);

        Assert.Equal(2, await CompactAsync(store));

        Assert.Empty(await store.LogAsync());
        Assert.Null(await store.Notes().FindAsync(id));
        Assert.Equal(EntitySyncState.Synced, await store.Notes().StateOfAsync(id));
        Assert.Equal(new WriteOutcome(OutcomeKind.Applied), await created.Outcome.WaitAsync(Patience));
        Assert.Equal(new WriteOutcome(OutcomeKind.Applied), await deleted.Outcome.WaitAsync(Patience));

        // Of another id another device may know more.
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().DeleteAsync("n1");
        Assert.Equal(0, await CompactAsync(store));
        Assert.Equal([OperationKind.Create, OperationKind.Delete], (await store.LogAsync()).Select(operation => operation.Kind));
    }

    [Fact]
    public async Task R7_An_update_and_a_delete_become_the_delete_and_its_row_is_that_of_the_delete()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await PushAsync(store);
        await store.Notes().PatchAsync("n1", patch => patch.Set("title", "b"));
        await store.Notes().DeleteAsync("n1");

        Assert.Equal(1, await CompactAsync(store));

        Assert.Equal(OperationKind.Delete, Assert.Single(await store.LogAsync()).Kind);
        Assert.Null(await store.Notes().FindAsync("n1"));
        await Consistency.CheckAsync(store);
    }

    [Fact]
    public async Task R7_Nothing_attempted_is_ever_rewritten()
    {
        await using (var store = await _folder.OpenAsync())
        {
            await store.Notes().PutAsync(new Note("n1", "a"));
            await TakeAsync(store);
            await store.Log.ReturnToPendingAsync([], default);
            await store.Notes().PatchAsync("n1", patch => patch.Set("title", "b"));
            Assert.Equal(0, await CompactAsync(store));
        }

        // Nor after a crash, while what was never attempted is found again.
        await using var again = await _folder.OpenAsync();
        await again.Notes().PatchAsync("n1", patch => patch.Set("title", "c"));
        Assert.Equal(1, await CompactAsync(again));
        Assert.Equal([1L, 3L], (await again.LogAsync()).Select(operation => operation.Counter));
    }

    [Fact]
    public async Task R7_Operations_are_not_moved_past_a_transaction_nor_into_one()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.TransactionAsync(tx =>
        {
            tx.Patch(store.Notes(), "n1", patch => patch.Set("title", "b"));
            tx.Put(store.Notes(), new Note("n2", "b"));
        });
        await store.Notes().PatchAsync("n1", patch => patch.Set("title", "c"));

        Assert.Equal(0, await CompactAsync(store));
        Assert.Equal(4, (await store.LogAsync()).Count);
    }

    [Fact]
    public async Task R7_A_transaction_says_as_little_as_it_can()
    {
        await using var store = await _folder.OpenAsync();
        var gone = store.NewId();
        var receipt = await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n1", "a"));
            tx.Put(store.Notes(), new Note(gone, "a"));
            tx.Patch(store.Notes(), "n1", patch => patch.Set("title", "b").Increment("minutes"));
            tx.Put(store.Notes(), new Note("n2", "a"));
            tx.Delete(store.Notes(), gone);
        });

        var log = await store.LogAsync();
        Assert.Equal(receipt.Operations, log.Select(operation => operation.Id));
        Assert.Equal([("n1", 0, 2), ("n2", 1, 2)], log.Select(operation => (operation.Entity.Id, operation.Transaction!.Index, operation.Transaction.Count)));
        Assert.Equal(new Note("n1", "b", Minutes: 1), await store.Notes().FindAsync("n1"));
        Assert.Null(await store.Notes().FindAsync(gone));
        await Consistency.CheckAsync(store);

        var nothing = await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note(gone, "a"));
            tx.Delete(store.Notes(), gone);
        });
        Assert.Empty(nothing.Operations);
        Assert.Equal(OutcomeKind.Applied, (await nothing.Outcome.WaitAsync(Patience)).Kind);

        var alone = await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n3", "a"));
            tx.Patch(store.Notes(), "n3", patch => patch.Set("title", "b"));
        });
        Assert.Null((await store.LogAsync()).Single(operation => operation.Id == Assert.Single(alone.Operations)).Transaction);
    }

    [Fact]
    public async Task What_has_become_part_of_a_refused_operation_is_refused_with_it()
    {
        await using var store = await _folder.OpenAsync();
        var first = await store.Notes().PutAsync(new Note("n1", "a"));
        var second = await store.Notes().PatchAsync("n1", patch => patch.Set("title", "b"));
        Assert.Equal(1, await CompactAsync(store));
        var batch = await TakeAsync(store);

        await store.Log.RecordFailureAsync([batch.Operations[0].Id], new OperationFailure("INVALID_ARGUMENT", "malformed", Permanent: true), default);

        Assert.Equal(OutcomeKind.Rejected, (await first.Outcome.WaitAsync(Patience)).Kind);
        Assert.Equal(OutcomeKind.Rejected, (await second.Outcome.WaitAsync(Patience)).Kind);
    }

    [Fact]
    public async Task A_log_in_which_nothing_was_written_twice_is_not_looked_at()
    {
        await using var store = await _folder.OpenAsync();
        Assert.Equal(0, await CompactAsync(store));
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().PutAsync(new Note("n2", "a"));
        Assert.Null(await store.Log.CompactAsync(default));
        await store.Notes().PatchAsync("n2", patch => patch.Set("title", "b"));
        Assert.NotNull(await store.Log.CompactAsync(default));
        Assert.Null(await store.Log.CompactAsync(default));
    }

    [Fact]
    public async Task R7_What_a_batch_has_passed_over_was_not_attempted_and_becomes_fewer_still()
    {
        await using var store = await _folder.OpenAsync();
        foreach (var id in new[] { "n1", "n2", "n3" }) await store.Notes().PutAsync(new Note(id, "a"));
        var batch = await store.Log.TakeBatchAsync(new HashSet<EntityKey> { new("notes", "n2") }, Limits.Default, long.MaxValue, default);
        Assert.Equal(["n1", "n3"], batch!.Operations.Select(static operation => operation.Entity.Id));
        await store.Notes().PatchAsync("n1", patch => patch.Set("title", "b"));
        await store.Notes().PatchAsync("n2", patch => patch.Set("title", "b"));

        Assert.Equal(1, await CompactAsync(store));

        Assert.Equal(["n1", "n3", "n1", "n2"], (await store.LogAsync()).Select(static operation => operation.Entity.Id));
    }

    [Fact]
    public void An_id_tells_which_device_made_it()
    {
        var (device, other) = (new DeviceId(Guid.CreateVersion7()), new DeviceId(Guid.CreateVersion7()));
        var now = DateTimeOffset.UtcNow;
        var id = EntityIds.New(device, now);

        Assert.True(EntityIds.AreOf(device, id));
        Assert.False(EntityIds.AreOf(other, id));
        Assert.False(EntityIds.AreOf(device, $"{{{id}}}"));
        Assert.False(EntityIds.AreOf(device, Guid.CreateVersion7(now).ToString()));
        Assert.False(EntityIds.AreOf(device, "settings"));
        Assert.Equal(8, Guid.Parse(id).Version);
        Assert.True(string.CompareOrdinal(id, EntityIds.New(device, now.AddMilliseconds(1))) < 0);
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => EntityIds.New(device, now)).Distinct().Count());
    }

    private static async Task<int> CompactAsync(SyncStore store)
    {
        var absorbed = 0;
        while (await store.Log.CompactAsync(default) is { } some) absorbed += some.Count;
        await Consistency.CheckAsync(store);
        return absorbed;
    }

    private static async Task<OperationBatch> TakeAsync(SyncStore store) =>
        (await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default))!;

    private async Task PushAsync(SyncStore store)
    {
        var batch = await TakeAsync(store);
        await store.Log.AcknowledgeAsync(_server.Push(batch.Operations), _server.Clock, default);
        await store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 1_000), default);
    }
}
