using CsCheck;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Queries;

public sealed class LiveQueryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R11_A_live_query_tells_what_came_what_changed_and_what_went()
    {
        await using var store = await OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await using var live = Live(store.Notes().Query().Where("done", false).OrderBy("title"));

        var first = await NextAsync(live);
        Assert.Equal("n1 | +n1 ~ -", Difference(first));

        await store.Notes().PutAsync(new Note("n0", "b"));
        Assert.Equal("n1 n0 | +n0 ~ -", Difference(await NextAsync(live)));
        await store.Notes().PatchAsync("n0", patch => patch.Set("title", "0"));
        Assert.Equal("n0 n1 | + ~n0 -", Difference(await NextAsync(live)));
        await store.Notes().PatchAsync("n1", patch => patch.Set("done", true));
        Assert.Equal("n0 | + ~ -n1", Difference(await NextAsync(live)));
        await store.Notes().DeleteAsync("n0");
        Assert.Equal(" | + ~ -n0", Difference(await NextAsync(live)));
    }

    [Fact]
    public async Task R11_Writes_that_do_not_concern_the_result_give_no_snapshot()
    {
        await using var store = await OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await using var live = Live(store.Notes().Query().Where("done", false));
        await NextAsync(live);
        var next = NextAsync(live);

        await store.Notes().PutAsync(new Note("n2", "a", Done: true));
        await store.Notes("plans").PutAsync(new Note("n1", "a"));
        await store.Notes().PatchAsync("n2", patch => patch.Set("title", "b"));
        await store.Notes().PutAsync(new Note("n3", "the one"));

        // The first that comes is of the last write: each before it would have come first.
        Assert.Equal("n1 n3 | +n3 ~ -", Difference(await next));
    }

    [Fact]
    public async Task R11_A_live_query_shows_where_each_row_stands_with_the_server()
    {
        await using var store = await OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await using var live = Live(store.Notes().Query());
        Assert.Equal([EntitySyncState.Pending], (await NextAsync(live)).States);

        var batch = await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default);
        _server.Push(batch!.Operations);
        await PullAsync(store);
        var synced = await NextAsync(live);
        Assert.Equal("n1 | + ~n1 -", Difference(synced));
        Assert.Equal([EntitySyncState.Synced], synced.States);

        await store.Notes().PatchAsync("n1", patch => patch.Set("title", "b"));
        await NextAsync(live);
        batch = await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default);
        await store.Log.RecordFailureAsync([batch!.Operations[0].Id], new OperationFailure("INVALID_ARGUMENT", "no", Permanent: true), default);
        var refused = await NextAsync(live);
        Assert.Equal(("a", EntitySyncState.DeadLetter), (refused.Items[0].Title, refused.States[0]));
    }

    [Fact]
    public async Task R11_The_states_of_a_snapshot_are_those_that_each_row_has()
    {
        await using var store = await _folder.OpenAsync();
        foreach (var id in new[] { "synced", "dead", "parked", "pending" })
        {
            await store.Notes().PutAsync(new Note(id, "a"));
            if (id == "pending") continue;
            var batch = await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default);
            _server.Push(batch!.Operations);
            await PullAsync(store);
        }

        await store.Notes().PatchAsync("dead", patch => patch.Set("title", "b"));
        await store.Notes().PatchAsync("parked", patch => patch.Set("title", "b"));
        var taken = (await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default))!.Operations;
        var (dead, parked) = (taken.Single(one => one.Entity.Id == "dead"), taken.Single(one => one.Entity.Id == "parked"));
        await store.Log.RecordFailureAsync([dead.Id], new OperationFailure("INVALID_ARGUMENT", "no", Permanent: true), default);
        await store.Log.AcknowledgeAsync([new OperationOutcome(new Outcome(parked.Id, OutcomeKind.Parked, _server.Head + 1), null)], 1, default);

        await using var live = Live(store.Notes().Query());
        var snapshot = await NextAsync(live);

        foreach (var (note, state) in snapshot.Items.Zip(snapshot.States)) Assert.Equal(await store.Notes().StateOfAsync(note.Id), state);
        Assert.Equal(
            [EntitySyncState.DeadLetter, EntitySyncState.Conflict, EntitySyncState.Pending, EntitySyncState.Synced], snapshot.States);
    }

    [Fact]
    public async Task R11_What_other_devices_write_comes_to_a_live_query()
    {
        await using var store = await OpenAsync();
        await using var live = Live(store.Notes().Query().Where("done", false).OrderBy("title").Take(2));
        await NextAsync(live);
        await using (var other = await _folder.OpenAsync("other.db"))
        {
            foreach (var title in new[] { "c", "a", "b" }) await other.Notes().PutAsync(new Note($"of {title}", title));
            var batch = await other.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default);
            _server.Push(batch!.Operations);
        }

        await PullAsync(store);

        Assert.Equal("of a of b | +of a of b ~ -", Difference(await NextAsync(live)));
    }

    [Fact]
    public async Task R11_Changes_that_come_faster_than_they_are_read_become_one()
    {
        await using var store = await OpenAsync();
        await using var live = Live(store.Notes().Query());
        await NextAsync(live);
        for (var i = 0; i < 500; i++) await store.Notes().PutAsync(new Note($"n{i:000}", "a"));

        var seen = new List<string>();
        var snapshots = 0;
        while (seen.Count < 500)
        {
            seen.AddRange((await NextAsync(live)).Inserted);
            snapshots++;
        }

        Assert.Equal(500, seen.Distinct().Count());
        Assert.InRange(snapshots, 1, 3);
    }

    /// <summary>Each snapshot is what the query, asked anew, answers, and says how it differs from the one before.</summary>
    [Fact]
    public Task R11_Whatever_is_written_a_live_query_tells_what_a_new_one_would() => Gen.Select(
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 4], Gen.Int[0, 2]).Array[1, 4].Array[1, 12], Gen.Int[0, 3], Gen.Bool, Gen.Bool).SampleAsync(
        async (steps, most, descending, filters) =>
        {
            using var folder = new TestFolder();
            await using var store = await folder.OpenAsync(indexes: [new LocalIndex("notes", "done", "title")]);
            var query = store.Notes().Query().Where("done", false);
            query = descending ? query.OrderByDescending("title") : query.OrderBy("title");
            if (filters) query = query.Filter(static note => note.Text != "t1");
            if (most > 0) query = query.Take(most);
            await using var live = Live(query);
            var told = await NextAsync(live);
            foreach (var writes in steps)
            {
                await store.TransactionAsync(tx => Array.ForEach(writes, write => Write(tx, store.Notes(), write)));
                var expected = await query.ToListAsync();
                if (expected.SequenceEqual(told.Items)) continue;
                var before = told.Items.ToDictionary(static note => note.Id);
                told = await NextAsync(live);
                Assert.Equal(expected, told.Items);
                var after = told.Items.ToDictionary(static note => note.Id);
                Assert.Equal(after.Keys.Except(before.Keys).Order(), told.Inserted.Order());
                Assert.Equal(before.Keys.Except(after.Keys).Order(), told.Removed.Order());
                Assert.Equal(after.Keys.Intersect(before.Keys).Where(id => before[id] != after[id]).Order(), told.Changed.Order());
                Assert.All(told.States, static state => Assert.Equal(EntitySyncState.Pending, state));
            }
        },
        iter: 200);

    [Fact]
    public async Task A_live_query_ends_when_its_reader_leaves()
    {
        await using var store = await OpenAsync();
        using var stop = new CancellationTokenSource();
        await using var live = store.Notes().Query().LiveAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await live.MoveNextAsync());
        var waiting = live.MoveNextAsync().AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static void Write(SyncTransaction tx, SyncCollection<Note> notes, (int Id, int Kind, int Value) write)
    {
        var (id, value) = ($"n{write.Id}", $"t{write.Value}");
        // Moves it, or moves it out; leaves it where it is; takes it away.
        if (write.Kind <= 1 || tx.Find(notes, id) is null) tx.Put(notes, new Note(id, value, Done: write.Kind == 1));
        else if (write.Kind == 4) tx.Delete(notes, id);
        else tx.Patch(notes, id, patch => patch.Set(write.Kind == 2 ? "text" : "title", value));
    }

    private static IAsyncEnumerator<LiveSnapshot<Note>> Live(EntityQuery<Note> query) => query.LiveAsync().GetAsyncEnumerator();

    private static async Task<LiveSnapshot<Note>> NextAsync(IAsyncEnumerator<LiveSnapshot<Note>> live)
    {
        Assert.True(await live.MoveNextAsync().AsTask().WaitAsync(Patience));
        return live.Current;
    }

    private static string Difference(LiveSnapshot<Note> snapshot) =>
        $"{Text(snapshot.Items.Select(static note => note.Id))} | +{Text(snapshot.Inserted)} ~{Text(snapshot.Changed)} -{Text(snapshot.Removed)}";

    private static string Text(IEnumerable<string> ids) => string.Join(' ', ids);

    private Task<SyncStore> OpenAsync() => _folder.OpenAsync(indexes: [new LocalIndex("notes", "done", "title")]);

    private Task PullAsync(SyncStore store) => store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 1_000), default);
}
