using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class PageTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task I5_Rows_of_an_incomplete_pull_are_not_visible_and_an_interrupted_one_goes_on_after_reopening()
    {
        await OthersWriteAsync(store => store.TransactionAsync(tx =>
        {
            for (var i = 0; i < 5; i++) tx.Put(store.Notes(), new Note($"n{i}", "theirs"));
        }));
        await using (var store = await _folder.OpenAsync())
        {
            Assert.False(await PullAsync(store, 2));
            Assert.False(await PullAsync(store, 2));
            Assert.Equal((0, 0), (await store.Notes().CountAsync(), store.Log.State.Cursor));
        }

        await using var again = await _folder.OpenAsync();
        Assert.False(again.Log.State.PageToken.IsEmpty);
        Assert.Equal(0, await again.Notes().CountAsync());
        Assert.True(await PullAsync(again, 2));

        Assert.Equal(5, await again.Notes().CountAsync());
        Assert.Equal((_server.Head, _server.Lineage), (again.Log.State.Cursor, again.Log.State.Lineage));
        Assert.True(again.Log.State.PageToken.IsEmpty);
    }

    [Fact]
    public async Task A_large_first_pull_takes_the_place_of_what_was_there_and_keeps_what_is_the_devices_own()
    {
        await using var store = await _folder.OpenAsync();
        List<int?> told = [];
        store.Database.Changed += keys => told.Add(keys?.Count);
        await store.Notes().PutAsync(new Note("mine", "own"));
        await store.Notes().PutAsync(new Note("n7", "mine"));
        await OthersWriteAsync(other => other.TransactionAsync(tx =>
        {
            for (var i = 0; i < 3_000; i++) tx.Put(other.Notes(), new Note($"n{i}", "theirs"));
        }));
        for (var batch = 0; batch < 3; batch++)
        {
            await OthersWriteAsync(other => other.TransactionAsync(tx =>
            {
                for (var i = 0; i < 3_000; i++) tx.Put(other.Notes(), new Note($"m{batch}-{i}", "theirs"));
            }));
        }

        while (!await PullAsync(store, 1_000)) Assert.Equal(2, await store.Notes().CountAsync());
        Assert.Equal(12_001, await store.Notes().CountAsync());
        Assert.Equal("own", (await store.Notes().FindAsync("mine"))!.Title);
        Assert.Equal((EntitySyncState.Pending, EntitySyncState.Synced), (await store.Notes().StateOfAsync("n7"), await store.Notes().StateOfAsync("n8")));
        // Two writes of its own, and then too many to name.
        Assert.Equal([1, 1, null], told);

        // The table that took the other one's place is one like it: later pages, and the next start, find it so.
        await OthersWriteAsync(other => other.Notes().PatchAsync("n8", patch => patch.Set("title", "later")));
        await PullAsync(store);
        Assert.Equal("later", (await store.Notes().FindAsync("n8"))!.Title);
        await store.DisposeAsync();
        await using var again = await _folder.OpenAsync();
        Assert.Equal(12_001, await again.Notes().CountAsync());
    }

    [Fact]
    public async Task R1_A_pull_never_hides_the_users_own_edits()
    {
        await using var store = await _folder.OpenAsync();
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n1", "theirs")));
        await PullAsync(store);
        await store.Notes().PutAsync(new Note("n2", "mine too"));
        await store.Notes().UpdateAsync("n1", note => note with { Title = "mine" });
        await OthersWriteAsync(other => other.Notes().PatchAsync("n1", patch => patch.Set("title", "theirs again").Set("done", true).Increment("minutes", 4)));

        await PullAsync(store);

        Assert.Equal(new Note("n1", "mine", Done: true, Minutes: 4), await store.Notes().FindAsync("n1"));
        Assert.Equal("mine too", (await store.Notes().FindAsync("n2"))!.Title);
    }

    [Fact]
    public async Task Operations_carry_the_base_the_cursor_and_the_generation_that_the_device_saw()
    {
        await using var store = await _folder.OpenAsync();
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n1", "a")));
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n2", "a")));
        await OthersWriteAsync(other => other.Notes().DeleteAsync("n2"));
        var tombstone = _server.Head;
        await PullAsync(store);
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n3", "a")));
        await OthersWriteAsync(other => other.Notes().DeleteAsync("n3"));
        await PullAsync(store);

        await store.Notes().UpdateAsync("n1", note => note with { Done = true });
        await store.Notes().PutAsync(new Note("n3", "anew"));
        await store.Notes().PutAsync(new Note("n2", "blind"));

        var log = await store.LogAsync();
        Assert.Equal(3, tombstone);
        Assert.Equal([(1L, 5L, 1), (5L, 5L, 2), (0L, 5L, 1)], log.Select(one => (one.Base, one.Seen, one.Generation)));
    }

    [Fact]
    public async Task What_follows_a_blind_create_keeps_its_seen_until_the_cursor_has_the_row()
    {
        await using var store = await _folder.OpenAsync();
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n1", "a")));
        await PullAsync(store);
        await store.Notes().PutAsync(new Note("mine", "blind"));
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n2", "a")));
        await PullAsync(store);

        await store.Notes().UpdateAsync("mine", note => note with { Done = true });
        await store.Notes().DeleteAsync("mine");
        await store.Notes().PutAsync(new Note("mine", "again"));
        await store.Notes().PutAsync(new Note("other", "blind"));

        Assert.Equal(
            [("mine", 1L), ("mine", 1L), ("mine", 1L), ("mine", 1L), ("other", 2L)],
            (await store.LogAsync()).Select(one => (one.Entity.Id, one.Seen)));
        _server.Push(await store.LogAsync());
        await PullAsync(store);
        await store.Notes().UpdateAsync("mine", note => note with { Done = true });
        Assert.Equal((3L, 3L), (await store.LogAsync()).Where(one => one.Seen == 3).Select(one => (one.Base, one.Seen)).Single());
    }

    [Fact]
    public async Task R3_Timestamps_advance_past_every_one_seen_on_every_road()
    {
        await using var store = await _folder.OpenAsync();
        await store.Log.RecordHandshakeAsync(Handshake() with { Clock = 100 }, CancellationToken.None);
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Log.AcknowledgeAsync([], 200, CancellationToken.None);
        await store.Notes().PutAsync(new Note("n2", "a"));
        await store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 10) with { Clock = 300 }, CancellationToken.None);
        await store.Notes().PutAsync(new Note("n3", "a"));

        Assert.Equal([101, 201, 301], (await store.LogAsync()).Select(one => one.Counter));
    }

    [Fact]
    public async Task A_page_of_another_lineage_is_refused_and_changes_nothing()
    {
        await using var store = await _folder.OpenAsync();
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n1", "a")));
        await PullAsync(store);
        var foreign = new ChangePage([], [], Complete: true, Guid.NewGuid(), 900, default, 900, 900);

        var error = await Assert.ThrowsAsync<SyncException>(() => store.Log.ApplyPageAsync(foreign, CancellationToken.None));

        Assert.Equal("OS2007", error.Code);
        Assert.Equal((1, _server.Lineage), (store.Log.State.Cursor, store.Log.State.Lineage));
    }

    [Fact]
    public async Task A_page_that_comes_late_does_not_bring_back_older_rows()
    {
        await using var store = await _folder.OpenAsync();
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n1", "old")));
        var late = _server.Pull(store.Log.State, 10);
        await OthersWriteAsync(other => other.Notes().PutAsync(new Note("n1", "new")));
        await PullAsync(store);

        await store.Log.ApplyPageAsync(late, CancellationToken.None);

        Assert.Equal("new", (await store.Notes().FindAsync("n1"))!.Title);
        Assert.Equal(2, store.Log.State.Cursor);
    }

    [Fact]
    public async Task I8_A_pull_from_the_start_removes_what_the_server_no_longer_has_and_keeps_what_is_pending()
    {
        await using var store = await _folder.OpenAsync();
        foreach (var id in new[] { "kept", "gone", "edited" }) await OthersWriteAsync(other => other.Notes().PutAsync(new Note(id, "theirs")));
        await PullAsync(store);
        await store.Notes().UpdateAsync("edited", note => note with { Done = true });
        await store.Notes().PutAsync(new Note("fresh", "mine"));
        await OthersWriteAsync(other => other.Notes().DeleteAsync("gone"));
        await OthersWriteAsync(other => other.Notes().DeleteAsync("edited"));

        await store.Log.RestartPullAsync(CancellationToken.None);
        Assert.Equal((0, Guid.Empty), (store.Log.State.Cursor, store.Log.State.Lineage));
        Assert.Equal(4, await store.Notes().CountAsync());
        await PullAsync(store);

        // The edit stands on nothing until the server has judged it; it is in the log, not on the screen.
        Assert.Equal(["fresh", "kept"], await IdsAsync(store));
        Assert.Equal(2, (await store.Log.DepthAsync(CancellationToken.None)).Pending);
    }

    [Fact]
    public async Task A_handshake_is_remembered_and_its_schema_counts_from_then_on()
    {
        var learned = new SyncSchema([new EntitySchema("notes").Counter("size")]);
        await using (var store = await _folder.OpenAsync(schema: SyncSchema.Open))
        {
            await store.Collection("notes").PutAsync(new SyncDocument("n1", new() { ["title"] = "a", ["size"] = 3 }));
            await store.Log.RecordHandshakeAsync(
                Handshake() with { Schema = learned, SchemaHash = new byte[] { 7 }, Limits = new Limits { TransactionOperations = 1 } }, CancellationToken.None);
        }

        await using var again = await _folder.OpenAsync(schema: TestModel.Schema);
        Assert.Equal([1, 2, 3], again.Log.State.SessionToken.ToArray());
        Assert.Equal([7], again.Log.State.SchemaHash.ToArray());
        // What the server will refuse is no longer shown; it ends among the dead letters when the server says so.
        Assert.Null(await again.Collection("notes").FindAsync("n1"));
        Assert.Equal("OS3002", (await Assert.ThrowsAsync<SyncException>(() => again.Notes("plans").PutAsync(new Note("p", "a")))).Code);
        Assert.Equal("OS3005", (await Assert.ThrowsAsync<SyncException>(() => again.TransactionAsync(tx =>
        {
            tx.Put(again.Notes(), new Note("a", "a"));
            tx.Put(again.Notes(), new Note("b", "b"));
        }))).Code);
    }

    [Fact]
    public async Task Done_below_is_the_lowest_counter_whose_outcome_is_not_known()
    {
        await using var store = await _folder.OpenAsync();
        Assert.Equal(1, store.Log.State.DoneBelow);
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().PutAsync(new Note("n2", "a"));
        await store.Notes().PutAsync(new Note("n3", "a"));
        var operations = (await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, CancellationToken.None))!.Operations;
        var answer = _server.Push(operations);

        await store.Log.AcknowledgeAsync([answer[0]], 3, CancellationToken.None);
        Assert.Equal(2, store.Log.State.DoneBelow);
        await store.Log.AcknowledgeAsync([answer[2]], 3, CancellationToken.None);
        Assert.Equal(2, store.Log.State.DoneBelow);
        await store.Log.AcknowledgeAsync([answer[1]], 3, CancellationToken.None);
        Assert.Equal(4, store.Log.State.DoneBelow);
    }

    [Fact]
    public async Task An_outcome_that_a_page_brings_lets_the_entity_go_on_and_leaves_the_acknowledgement_nothing_to_write()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var first = (await TakeAsync())!.Operations;
        await store.Notes().PatchAsync("n1", patch => patch.Set("title", "b"));
        Assert.Null(await TakeAsync());

        var answer = _server.Push(first);
        Assert.True(await PullAsync(store));
        Assert.False(store.Log.State.AnyInFlight);
        Assert.Equal(2, store.Log.State.DoneBelow);
        var (commits, state) = (store.Commits(), store.Log.State);
        await store.Log.AcknowledgeAsync(answer, _server.Clock, CancellationToken.None);
        Assert.Equal((commits, state), (store.Commits(), store.Log.State));

        Assert.Equal(2, Assert.Single((await TakeAsync())!.Operations).Counter);
        // The acknowledgement that comes late is of another batch than the one on its way now.
        await store.Log.AcknowledgeAsync(answer, _server.Clock, CancellationToken.None);
        Assert.True(store.Log.State.AnyInFlight);

        Task<OperationBatch?> TakeAsync() =>
            store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, CancellationToken.None);
    }

    [Fact]
    public async Task A_power_cut_can_take_back_a_page_or_an_acknowledgement_but_nothing_that_the_server_was_told()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var batch = await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, CancellationToken.None);
        Assert.Equal(1L, await SynchronousAsync(WriteKind.Repeatable));
        Assert.Equal(2L, await SynchronousAsync(WriteKind.Durable));

        // Nothing waits for the disk, so making all durable writes something.
        await store.Log.AcknowledgeAsync(_server.Push(batch!.Operations), 40, CancellationToken.None);
        Assert.True(await MakeDurableAsync());
        Assert.Equal(41, store.Log.State.DoneBelow);
        Assert.True(await PullAsync(store));
        Assert.True(await MakeDurableAsync());
        Assert.False(await MakeDurableAsync());

        // So does a write of the app, which may follow from what came before.
        await store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 1), CancellationToken.None);
        await store.Notes().PutAsync(new Note("n2", "a"));
        Assert.False(await MakeDurableAsync());

        async Task<bool> MakeDurableAsync()
        {
            var before = store.Commits();
            Assert.Equal(store.Log.State, await store.Log.MakeDurableAsync(CancellationToken.None));
            return store.Commits() != before;
        }

        Task<long?> SynchronousAsync(WriteKind kind) => store.Database.RunAsync(
            static context => context.Connection.Number("PRAGMA synchronous"), kind, CancellationToken.None);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task A_listener_that_writes_while_a_page_is_shown_is_refused_on_whichever_thread_that_is(int rows)
    {
        await using var store = await _folder.OpenAsync();
        for (var i = 0; i < rows; i++) await OthersWriteAsync(other => other.Notes().PutAsync(new Note($"n{i}", "theirs")));
        var refused = new List<SyncException>();
        store.Database.Changed += _ => refused.Add(Assert.Throws<SyncException>(() => store.Notes().PutAsync(new Note("mine", "a")).GetAwaiter().GetResult()));

        Assert.True(await PullAsync(store));

        Assert.Equal("OS3008", Assert.Single(refused).Code);
        Assert.Empty(await store.LogAsync());
    }

    private static HandshakeResult Handshake() => new(new byte[] { 1, 2, 3 }, null, default, 0, Guid.Empty, 0, Limits.Default);

    private async Task OthersWriteAsync(Func<SyncStore, Task<WriteReceipt>> write)
    {
        await using var other = await _folder.OpenAsync("other.db");
        while (!await PullAsync(other))
        {
        }

        await write(other);
        var batch = await other.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, CancellationToken.None);
        await other.Log.AcknowledgeAsync(_server.Push(batch!.Operations), _server.Clock, CancellationToken.None);
    }

    private async Task<bool> PullAsync(SyncStore store, int rows = 1_000)
    {
        var page = _server.Pull(store.Log.State, rows);
        await store.Log.ApplyPageAsync(page, CancellationToken.None);
        return page.Complete;
    }

    private static async Task<List<string>> IdsAsync(SyncStore store)
    {
        var ids = new List<string>();
        await foreach (var note in store.Notes().ScanAsync()) ids.Add(note.Id);
        return ids;
    }
}
