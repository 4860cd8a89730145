using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class BatchTests : IDisposable
{
    private static readonly HashSet<EntityKey> NoneBusy = [];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task I11_A_batch_holds_at_most_its_number_of_operations_in_log_order()
    {
        await using var store = await _folder.OpenAsync();
        for (var i = 0; i < 7; i++) await store.Notes().PutAsync(new Note($"n{i}", "a"));

        var first = await TakeAsync(store, new Limits { BatchOperations = 5 });
        var second = await TakeAsync(store, new Limits { BatchOperations = 5 });

        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], Ids(first));
        Assert.Equal(["n5", "n6"], Ids(second));
        Assert.Null(await TakeAsync(store));
    }

    [Fact]
    public async Task I11_A_batch_holds_at_most_its_bytes_but_always_one_operation()
    {
        await using var store = await _folder.OpenAsync();
        foreach (var id in new[] { "n0", "n1", "n2" }) await store.Notes().PutAsync(new Note(id, new string('x', 1_000)));

        var first = await TakeAsync(store, new Limits { BatchBytes = 2_500 });
        var second = await TakeAsync(store, new Limits { BatchBytes = 10 });

        Assert.Equal(["n0", "n1"], Ids(first));
        Assert.Equal(["n2"], Ids(second));
        Assert.True(first!.Operations.Sum(operation => OperationEncoding.Encode(operation).Length) <= 2_500);
    }

    [Fact]
    public async Task R6_An_entity_is_never_in_two_batches_and_others_flow_past_it()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var first = await TakeAsync(store);
        await store.Notes().UpdateAsync("n1", note => note with { Done = true });
        await store.Notes().PutAsync(new Note("n2", "b"));

        var second = await TakeAsync(store);
        var blocked = await TakeAsync(store);
        await store.Log.AcknowledgeAsync(new ModelServer(TestModel.Schema).Push(first!.Operations), 1, CancellationToken.None);
        var third = await TakeAsync(store);

        Assert.Equal(["n2"], Ids(second));
        Assert.Null(blocked);
        Assert.Equal((OperationKind.Update, "n1"), (third!.Operations[0].Kind, third.Operations[0].Entity.Id));
    }

    [Fact]
    public async Task R6_What_an_acknowledgement_frees_leaves_with_the_batch_taken_beside_it()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var first = await TakeAsync(store);
        await store.Notes().UpdateAsync("n1", note => note with { Done = true });

        var second = await store.Log.AcknowledgeAndTakeAsync(
            new ModelServer(TestModel.Schema).Push(first!.Operations), 7, NoneBusy, Limits.Default, long.MaxValue, CancellationToken.None);

        Assert.Equal((OperationKind.Update, "n1"), (second!.Operations[0].Kind, second.Operations[0].Entity.Id));
        Assert.Equal((0, 1), await DepthAsync(store));
        Assert.Equal(7, store.Log.State.Clock);
    }

    [Fact]
    public async Task A_batch_tells_whether_another_one_could_leave_beside_it()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().PutAsync(new Note("n2", "b"));
        var cut = await TakeAsync(store, new Limits { BatchOperations = 1 });
        await store.Notes().PutAsync(new Note("n1", "later"));
        var whole = await TakeAsync(store);
        await store.Log.RecordFailureAsync(
            [whole!.Operations[0].Id], new OperationFailure("OS1001", "Busy.", Permanent: false), CancellationToken.None);
        await store.Notes().PutAsync(new Note("n0", "with the one that failed before, which travels alone"));
        await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("t1", "in"));
            tx.Put(store.Notes(), new Note("t2", "in"));
        });
        var alone = await TakeAsync(store);
        var beside = await TakeAsync(store);
        var transaction = await TakeAsync(store);

        Assert.Equal(("n1", true), Told(cut));
        // The other operation of n1 waits for the first one's acknowledgement, not for room.
        Assert.Equal(("n2", false), Told(whole));
        Assert.Equal(("n2", true), Told(alone));
        Assert.Equal(("n0", true), Told(beside));
        Assert.Equal(("t1 t2", true), Told(transaction));
        Assert.Null(await TakeAsync(store));

        static (string Ids, bool MayBeMore) Told(OperationBatch? batch) => (string.Join(' ', Ids(batch)), batch!.MayBeMore);
    }

    [Fact]
    public async Task R6_Operations_of_one_entity_travel_in_the_order_of_their_timestamps()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        for (var i = 0; i < 5; i++) await store.Notes().PatchAsync("n1", patch => patch.Increment("minutes"));

        Assert.Equal([1, 2, 3, 4, 5, 6], (await TakeAsync(store))!.Operations.Select(operation => operation.Counter));
    }

    [Fact]
    public async Task An_entity_the_engine_calls_busy_waits()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));

        Assert.Null(await store.Log.TakeBatchAsync(new HashSet<EntityKey> { new("notes", "n1") }, Limits.Default, long.MaxValue, CancellationToken.None));
    }

    [Fact]
    public async Task A_transaction_travels_alone_and_whole_and_nothing_overtakes_it_on_its_entities()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.TransactionAsync(tx =>
        {
            for (var i = 1; i < 200; i++) tx.Put(store.Notes(), new Note($"n{i}", "in"));
        });
        await store.Notes().PutAsync(new Note("n150", "after"));
        await store.Notes().PutAsync(new Note("other", "free"));

        var before = await TakeAsync(store);
        var whileBusy = await TakeAsync(store);
        await store.Log.AcknowledgeAsync(new ModelServer(TestModel.Schema).Push(before!.Operations), 1, CancellationToken.None);
        var transaction = await TakeAsync(store);

        Assert.Equal(["n1", "other"], Ids(before));
        Assert.Null(whileBusy);
        Assert.Equal(199, transaction!.Operations.Count);
        Assert.All(transaction.Operations, operation => Assert.Equal(199, operation.Transaction!.Count));
        Assert.Null(await TakeAsync(store));
    }

    [Fact]
    public async Task An_operation_whose_batch_failed_leaves_alone_and_its_followers_wait_for_it()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var failed = await TakeAsync(store);
        await store.Log.RecordFailureAsync(
            [failed!.Operations[0].Id], new OperationFailure("UNAVAILABLE", "later", Permanent: false), CancellationToken.None);
        await store.Notes().PutAsync(new Note("n0", "b"));
        await store.Notes().UpdateAsync("n1", note => note with { Done = true });

        var alone = await TakeAsync(store);
        var rest = await TakeAsync(store);

        Assert.Equal(failed.Operations.Select(one => one.Id), alone!.Operations.Select(one => one.Id));
        Assert.Equal(["n0"], Ids(rest));
    }

    [Fact]
    public async Task A_follower_does_not_overtake_a_failed_operation_that_does_not_fit_the_batch()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n0", "b"));
        await store.Notes().PutAsync(new Note("n1", "a"));
        var taken = await TakeAsync(store);
        await store.Log.RecordFailureAsync(
            [taken!.Operations[1].Id], new OperationFailure("UNAVAILABLE", "later", Permanent: false), CancellationToken.None);
        await store.Log.ReturnToPendingAsync([], CancellationToken.None);
        await store.Notes().UpdateAsync("n1", note => note with { Done = true });

        Assert.Equal(["n0"], Ids(await TakeAsync(store)));
        Assert.Equal([OperationKind.Create], (await TakeAsync(store))!.Operations.Select(operation => operation.Kind));
    }

    [Fact]
    public async Task Operations_in_flight_return_to_pending_when_their_stream_fails_and_when_the_store_opens()
    {
        await using (var store = await _folder.OpenAsync())
        {
            await store.Notes().PutAsync(new Note("n1", "a"));
            await store.Notes().PutAsync(new Note("n2", "b"));
            var batch = await TakeAsync(store);
            Assert.Equal((0, 2), await DepthAsync(store));
            await store.Log.ReturnToPendingAsync([batch!.Operations[0].Id], CancellationToken.None);
            Assert.Equal((1, 1), await DepthAsync(store));
            await store.Log.ReturnToPendingAsync([], CancellationToken.None);
            Assert.Equal((2, 0), await DepthAsync(store));
            await TakeAsync(store);
        }

        await using var again = await _folder.OpenAsync();
        Assert.Equal((2, 0), await DepthAsync(again));
        Assert.Equal(["n1", "n2"], Ids(await TakeAsync(again)));
    }

    [Fact]
    public async Task Taken_operations_are_attempted_in_the_file_before_the_batch_is_given_out_and_stay_so()
    {
        await using (var store = await _folder.OpenAsync())
        {
            for (var i = 1; i <= 6; i++) await store.Notes().PutAsync(new Note($"n{i}", "a"));
            await TakeAsync(store, new Limits { BatchOperations = 1 });
            Assert.Equal([1], await AttemptedAsync(store));
            var busy = new HashSet<EntityKey> { new("notes", "n2"), new("notes", "n4") };
            await store.Log.TakeBatchAsync(busy, new Limits { BatchOperations = 2 }, long.MaxValue, CancellationToken.None);
            Assert.Equal([1, 3, 5], await AttemptedAsync(store));
            await store.Log.ReturnToPendingAsync([], CancellationToken.None);
            Assert.Equal([1, 3, 5], await AttemptedAsync(store));
        }

        await using var again = await _folder.OpenAsync();
        Assert.Equal([1, 3, 5], await AttemptedAsync(again));
        await TakeAsync(again, new Limits { BatchOperations = 4 });
        Assert.Equal([1, 2, 3, 4, 5], await AttemptedAsync(again));
    }

    [Fact]
    public async Task What_leaves_at_once_is_attempted_with_its_write_and_its_batch_waits_for_the_disk_no_more()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "later"));
        Assert.Empty(await AttemptedAsync(store));
        store.Database.LeavesAtOnce = () => true;
        await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n2", "at once"));
            tx.Put(store.Notes(), new Note("n3", "at once"));
        });
        Assert.Equal([2, 3], await AttemptedAsync(store));
        // Committed and not synced: a batch of what was synced does not wait for it.
        await store.Log.ApplyPageAsync(new ModelServer(TestModel.Schema).Pull(store.Log.State, 10), CancellationToken.None);

        var before = store.Commits();
        await store.Log.TakeBatchAsync(new HashSet<EntityKey> { new("notes", "n1") }, Limits.Default, long.MaxValue, CancellationToken.None);
        Assert.Equal(before, store.Commits());
        Assert.Equal(["n1"], Ids(await TakeAsync(store)));
        Assert.NotEqual(before, store.Commits());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_that_fails_after_a_pull_has_answered_it_keeps_nothing_in_flight(bool transaction)
    {
        await using var store = await _folder.OpenAsync();
        var server = new ModelServer(TestModel.Schema);
        await store.Notes().PutAsync(new Note("n1", "a"));
        if (transaction)
        {
            await store.Log.AcknowledgeAsync(server.Push((await TakeAsync(store))!.Operations), 1, CancellationToken.None);
            await store.TransactionAsync(tx =>
            {
                tx.Put(store.Notes(), new Note("n1", "in"));
                tx.Put(store.Notes(), new Note("n2", "in"));
            });
        }

        var batch = await TakeAsync(store);
        server.Push(batch!.Operations);
        await store.Log.ApplyPageAsync(server.Pull(store.Log.State, 10), CancellationToken.None);
        Assert.Empty(await store.LogAsync());
        await store.Log.RecordFailureAsync([batch.Operations[0].Id], new OperationFailure("UNKNOWN", "?", Permanent: true), CancellationToken.None);

        await store.Notes().PutAsync(new Note(transaction ? "n2" : "n1", "next"));
        Assert.Single((await TakeAsync(store))!.Operations);
    }

    [Fact]
    public async Task What_left_the_log_is_no_longer_kept_as_attempted()
    {
        await using var store = await _folder.OpenAsync();
        var server = new ModelServer(TestModel.Schema);
        for (var i = 1; i <= 3; i++) await store.Notes().PutAsync(new Note($"n{i}", "a"));
        var batch = await TakeAsync(store, new Limits { BatchOperations = 2 });
        await store.Log.AcknowledgeAsync(server.Push(batch!.Operations), 2, CancellationToken.None);
        Assert.Equal([1, 2], await AttemptedAsync(store));

        await store.Log.ApplyPageAsync(server.Pull(store.Log.State, 10), CancellationToken.None);

        Assert.Equal([3], (await store.LogAsync()).Select(operation => operation.Counter));
        Assert.Empty(await AttemptedAsync(store));
    }

    [Fact]
    public async Task Others_flow_past_operations_that_wait_and_those_leave_when_they_can()
    {
        await using var store = await _folder.OpenAsync();
        for (var i = 0; i < 20; i++) await store.Notes().PutAsync(new Note($"n{i:00}", "a"));
        var server = new ModelServer(TestModel.Schema);
        var waiting = new HashSet<EntityKey> { new("notes", "n00"), new("notes", "n07"), new("notes", "n08") };
        var sent = new List<string>();
        while (await store.Log.TakeBatchAsync(waiting, new Limits { BatchOperations = 3 }, long.MaxValue, CancellationToken.None) is { } batch)
        {
            sent.AddRange(Ids(batch));
            // Every other batch comes back, so that what lies between those that wait is in every state.
            if (sent.Count % 2 == 0) await store.Log.ReturnToPendingAsync([.. batch.Operations.Select(one => one.Id)], CancellationToken.None);
            else await store.Log.AcknowledgeAsync(server.Push(batch.Operations), server.Clock, CancellationToken.None);
        }

        Assert.Equal((3, 0), await DepthAsync(store));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"n{i:00}").Except(waiting.Select(key => key.Id)), sent.Distinct().Order());
        Assert.Equal(["n00", "n07", "n08"], Ids(await TakeAsync(store)));
        Assert.Null(await TakeAsync(store));
    }

    private static async Task<List<long>> AttemptedAsync(SyncStore store)
    {
        var runs = await store.Database.ReadAsync(
            connection => connection.Query("SELECT first, last FROM attempted ORDER BY first", reader => (First: reader.Int64(0), Last: reader.Int64(1))),
            CancellationToken.None);
        return [.. runs.SelectMany(run => Enumerable.Range((int)run.First, (int)(run.Last - run.First + 1)).Select(counter => (long)counter))];
    }

    private static Task<OperationBatch?> TakeAsync(SyncStore store, Limits? limits = null) =>
        store.Log.TakeBatchAsync(NoneBusy, limits ?? Limits.Default, long.MaxValue, CancellationToken.None);

    private static IEnumerable<string> Ids(OperationBatch? batch) => batch!.Operations.Select(operation => operation.Entity.Id);

    private static async Task<(int Pending, int InFlight)> DepthAsync(SyncStore store)
    {
        var depth = await store.Log.DepthAsync(CancellationToken.None);
        return (depth.Pending, depth.InFlight);
    }
}
