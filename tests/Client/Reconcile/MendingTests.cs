using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.Reconcile;

/// <summary>What a store does with the answers of a reconciliation, whatever it holds by then.</summary>
public sealed class MendingTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);
    private SyncStore _store = null!;
    private SyncStore _other = null!;

    private ServerRows Rows => new(_store.Database);

    public async Task InitializeAsync()
    {
        _store = await _folder.OpenAsync();
        _other = await _folder.OpenAsync("other.db");
        for (var i = 1; i <= 4; i++) await WriteAsync($"n{i}", "theirs");
        await _store.PullAsync(_server);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _other.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task R24_Pending_operations_stay_over_rows_that_are_mended_and_over_nothing_where_a_row_is_dropped()
    {
        await DamageAsync(
            """
            INSERT INTO entities(type, id, live, pending, sequence, fields, meta, server_sequence)
            SELECT type, 'ghost', live, pending, sequence, fields, meta, server_sequence FROM entities WHERE id = 'n4'
            """);
        foreach (var id in (string[])["n1", "n2", "ghost"])
            await _store.Notes().PatchAsync(id, static patch => patch.Increment("minutes", 3));
        await _store.Notes().PatchAsync("n1", static patch => patch.Set("title", "mine"));
        await DamageAsync("UPDATE entities SET server_fields = replace(server_fields, 'theirs', 'nobody') WHERE id = 'n1'");
        await DamageAsync("DELETE FROM entities WHERE id IN ('n2', 'n3')");
        var log = (await _store.LogAsync()).Select(static one => one.Id);
        Assert.Equal(["notes"], await Rows.CountAsync(static _ => { }, default));

        var (mended, dropped) = await Rows.MendAsync(
            Rows.Held, [Row("n1"), Row("n2"), Row("n3")], [new EntityKey("notes", "ghost")], default);

        Assert.Equal((3, 1), (mended, dropped));
        Assert.Equal(log, (await _store.LogAsync()).Select(static one => one.Id));
        Assert.Equal(
            [("n1", "mine", 3), ("n2", "theirs", 3), ("n3", "theirs", 0), ("n4", "theirs", 0)],
            (await _store.Notes().Query().ToListAsync()).Select(static note => (note.Id, note.Title, note.Minutes)));
        Assert.Equal(
            [EntitySyncState.Pending, EntitySyncState.Pending, EntitySyncState.Synced],
            [await _store.Notes().StateOfAsync("n1"), await _store.Notes().StateOfAsync("n2"), await _store.Notes().StateOfAsync("n3")]);
        await AssertHeldAsync();
    }

    [Fact]
    public async Task R24_A_row_that_a_page_has_brought_since_is_left_alone_and_one_that_it_will_bring_is_not_taken()
    {
        var (asked, before) = (Rows.Held, Row("n1"));
        await WriteAsync("n1", "newer");
        await WriteAsync("n5", "new");
        Assert.Equal((0, 0), await Rows.MendAsync(asked, [Row("n1"), Row("n5")], [], default));
        Assert.Equal("theirs", (await _store.Notes().FindAsync("n1"))!.Title);

        await _store.PullAsync(_server);
        Assert.Equal((0, 0), await Rows.MendAsync(asked, [before], [new EntityKey("notes", "n5")], default));

        Assert.Equal(("newer", "new"), ((await _store.Notes().FindAsync("n1"))!.Title, (await _store.Notes().FindAsync("n5"))!.Title));
        await AssertHeldAsync();
    }

    [Fact]
    public async Task R24_An_answer_of_another_lineage_or_of_before_a_resync_changes_nothing()
    {
        await DamageAsync("DELETE FROM entities WHERE id = 'n1'");
        Assert.Equal((0, 0), await Rows.MendAsync(Rows.Held with { Lineage = Guid.NewGuid() }, [Row("n1")], [], default));
        var asked = Rows.Held;
        await _store.Log.RestartPullAsync(default);
        Assert.Equal((0, 0), await Rows.MendAsync(asked, [Row("n1")], [], default));
    }

    [Fact]
    public async Task R24_A_live_query_shows_what_was_mended()
    {
        await DamageAsync("DELETE FROM entities WHERE id = 'n1'");
        List<string> told = [];
        _store.Database.Changed += keys => told.AddRange(keys!.Select(static key => key.Id));
        await Rows.MendAsync(Rows.Held, [Row("n1")], [new EntityKey("notes", "n2")], default);
        Assert.Equal(["n1", "n2"], told);
    }

    [Fact]
    public async Task R42_Digests_of_types_that_are_not_held_or_of_another_cursor_are_not_compared()
    {
        await using var some = await _folder.OpenAsync("some.db", types: ["notes"]);
        await some.PullAsync(_server);
        await ApplyAsync(some, some.Log.State.Cursor, ("plans", new RowDigest(1, 1)));
        Assert.Empty(some.Log.State.Drifted);

        // A page that lies before what is visible.
        await ApplyAsync(_store, _store.Log.State.Cursor - 1, ("notes", new RowDigest(1, 1)));
        Assert.Empty(_store.Log.State.Drifted);
        await ApplyAsync(_store, _store.Log.State.Cursor, ("notes", new RowDigest(1, 1)), ("plans", default));
        Assert.Equal(["notes"], _store.Log.State.Drifted);
        await ApplyAsync(_store, _store.Log.State.Cursor, [.. _server.Digests]);
        Assert.Empty(_store.Log.State.Drifted);
    }

    [Fact]
    public async Task R42_A_file_from_before_digests_were_kept_counts_its_rows_and_compares_from_then_on()
    {
        await _store.DisposeAsync();
        File.Copy(Path.Combine(SourceTree.Root, "tests", "Client", "Store", "Golden", "format-4.sqlite"), _folder.PathOf("old.db"));
        _store = await _folder.OpenAsync("old.db");
        await ApplyAsync(_store, 9, ("notes", new RowDigest(1, 1)));
        Assert.False(_store.Database.Meta.Digests.AreKnown);
        Assert.Equal((0, DateTimeOffset.UnixEpoch), (_store.Log.State.Drifted.Count, Rows.ReconciledAt));

        Assert.Empty(await Rows.CountAsync(static _ => { }, default));

        Assert.True(_store.Database.Meta.Digests.AreKnown);
        await Consistency.CheckAsync(_store);
        await ApplyAsync(_store, 9, ("notes", new RowDigest(1, 1)));
        Assert.Equal(["notes"], _store.Log.State.Drifted);
    }

    private static Task ApplyAsync(SyncStore store, long cursor, params (string Type, RowDigest Digest)[] digests)
    {
        var state = store.Log.State;
        var page = new ChangePage([], [], Complete: true, state.Lineage, cursor, default, cursor, 1) { Digests = digests };
        return store.Log.ApplyPageAsync(page, default);
    }

    private async Task WriteAsync(string id, string title)
    {
        await _other.Notes().PutAsync(new Note(id, title));
        await _other.PushAsync(_server);
        await _other.PullAsync(_server);
    }

    private EntityRow Row(string id) => _server.RowAt(new EntityKey("notes", id), _server.Head)!;

    private Task<bool> DamageAsync(string sql) =>
        _store.Database.RunAsync(context => context.Connection.Execute(sql) > 0, WriteKind.Durable, default);

    /// <summary>All of the server's rows as of its head, and digests that say so.</summary>
    private async Task AssertHeldAsync()
    {
        await Consistency.CheckAsync(_store);
        await ApplyAsync(_store, _server.Head, [.. _server.Digests]);
        Assert.Empty(_store.Log.State.Drifted);
    }
}
