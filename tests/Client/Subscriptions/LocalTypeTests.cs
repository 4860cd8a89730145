using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Store;

namespace OrleansSync.Client.Tests.Subscriptions;

public sealed class LocalTypeTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R10_What_is_written_of_a_local_type_never_enters_the_log_and_reads_like_any_other()
    {
        await using (var store = await OpenAsync())
        {
            var scratch = store.Notes("scratch");
            var receipt = await scratch.PutAsync(new Note("a", "one", Minutes: 3));
            Assert.Empty(receipt.Operations);
            Assert.Equal(Core.OutcomeKind.Applied, (await receipt.Outcome).Kind);
            await scratch.UpdateAsync("a", static note => note with { Title = "two" });
            await scratch.PatchAsync("a", static patch => patch.Set("done", true).Increment("times", 2).Increment("times", 3).Add("marks", "x"));
            await scratch.PutAsync(new Note("b", "gone"));
            await scratch.DeleteAsync("b");
        }

        await using var again = await OpenAsync();
        var notes = await again.Notes("scratch").Query().ToListAsync();
        Assert.Equal([new Note("a", "two", Done: true, Minutes: 3)], notes);
        var document = (await again.Collection("scratch").FindAsync("a"))!.Fields;
        Assert.Equal((5, "x"), ((int)document["times"]!, (string)document["marks"]![0]!));
        Assert.Empty(await again.LogAsync());
        Assert.Equal((EntitySyncState.Synced, 0), (await again.Notes("scratch").StateOfAsync("a"), again.Status.Pending));
        await again.Notes("scratch").PutAsync(new Note("b", "back"));
        Assert.Equal(2, await again.Notes("scratch").CountAsync());
    }

    [Fact]
    public async Task A_transaction_over_local_and_synced_types_is_whole_on_disk_and_sends_the_synced_ones()
    {
        await using var store = await OpenAsync();
        var receipt = await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes("scratch"), new Note("s", "local"));
            tx.Put(store.Notes(), new Note("n1", "sent"));
            tx.Put(store.Notes("scratch"), new Note("t", "local"));
            tx.Put(store.Notes(), new Note("n2", "sent"));
        });
        var log = await store.LogAsync();
        Assert.Equal(receipt.Operations, log.Select(static one => one.Id));
        Assert.Equal([(0, 2), (1, 2)], log.Select(static one => (one.Transaction!.Index, one.Transaction.Count)));
        Assert.Equal(["n1", "n2"], log.Select(static one => one.Entity.Id));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.TransactionAsync(tx =>
        {
            tx.Delete(store.Notes("scratch"), "s");
            throw new InvalidOperationException("undo");
        }));
        Assert.Equal(2, await store.Notes("scratch").CountAsync());
        await Consistency.CheckAsync(store);
    }

    [Fact]
    public async Task Local_rows_outlive_a_resync_and_no_row_of_the_servers_takes_their_place()
    {
        var server = new ModelServer(new Core.SyncSchema([new Core.EntitySchema("notes"), new Core.EntitySchema("scratch")]));
        await using (var other = await _folder.OpenAsync("other.db"))
        {
            await other.TransactionAsync(tx =>
            {
                tx.Put(other.Notes(), new Note("n", "theirs"));
                tx.Put(other.Collection("notes"), new SyncDocument("m", []));
            });
            var batch = await other.TakeAsync();
            // Another app of the same user syncs a type of this name.
            server.Push([.. batch!.Operations.Select(static one => one.Entity.Id == "m" ? one with { Entity = new("scratch", "a") } : one)]);
        }

        await using var store = await OpenAsync();
        await store.Notes("scratch").PutAsync(new Note("a", "mine"));
        await store.Log.ApplyPageAsync(server.Pull(store.Log.State, 10), default);
        await store.Log.RestartPullAsync(default);
        await store.Log.ApplyPageAsync(server.Pull(store.Log.State, 10), default);
        Assert.Equal(("mine", "theirs"), ((await store.Notes("scratch").FindAsync("a"))!.Title, (await store.Notes().FindAsync("n"))!.Title));
    }

    [Fact]
    public async Task A_live_query_of_a_local_type_hears_of_its_writes()
    {
        await using var store = await OpenAsync();
        await using var live = store.Notes("scratch").Query().LiveAsync().GetAsyncEnumerator();
        Assert.True(await live.MoveNextAsync());
        await store.Notes("scratch").PutAsync(new Note("a", "one"));
        Assert.True(await live.MoveNextAsync());
        Assert.Equal(["a"], live.Current.Inserted);
    }

    [Fact]
    public async Task A_type_that_has_been_synced_cannot_become_local_and_the_file_stays_as_it_was()
    {
        await using (var store = await _folder.OpenAsync()) await store.Notes().PutAsync(new Note("n", "pending"));
        var refused = await Assert.ThrowsAsync<SyncException>(() => _folder.OpenAsync(localTypes: ["notes"]));
        Assert.Equal("OS2008", refused.Code);
        await using var again = await _folder.OpenAsync();
        Assert.Single(await again.LogAsync());
    }

    private Task<SyncStore> OpenAsync() => _folder.OpenAsync(localTypes: ["scratch"]);
}
