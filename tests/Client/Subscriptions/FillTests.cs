using CsCheck;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.Subscriptions;

/// <summary>Types that are added to a database and removed from it, with the engine's part played by hand.</summary>
public sealed class FillTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R10_A_database_holds_the_types_that_it_was_made_with_and_no_others()
    {
        await OthersWriteAsync("notes", "plans");
        await using var store = await OpenAsync("notes");
        await PullAsync(store);
        Assert.Equal((1, 0), (await store.Notes().CountAsync(), await store.Notes("plans").CountAsync()));
        Assert.Equal([new TypeSubscription("notes", IsComplete: true)], store.Subscriptions.Current);
    }

    [Fact]
    public async Task I5_R10_A_type_that_is_added_is_filled_across_a_restart_and_shown_whole_as_of_one_cursor()
    {
        for (var i = 0; i < 5; i++) await OthersWriteAsync("notes", "plans");
        await using (var store = await OpenAsync("notes"))
        {
            await PullAsync(store);
            await store.Subscriptions.AddAsync("plans");
            Assert.Equal([new("notes", IsComplete: true), new TypeSubscription("plans", IsComplete: false)], store.Subscriptions.Current);
            await FillAsync(store, 2);
            // The other type goes on meanwhile, also by a page that stands alone.
            await OthersWriteAsync("notes", "plans");
            await PullAsync(store);
            Assert.Equal((6, 0), (await store.Notes().CountAsync(), await store.Notes("plans").CountAsync()));
        }

        await using var again = await OpenAsync();
        Assert.False(again.Log.State.Types.FillToken.IsEmpty);
        while (again.Log.State.Types.Filling.Length > 0) await FillAsync(again, 2);
        // Complete, and not yet visible: the transaction of the last commit would be seen by half.
        await OthersWriteAsync("notes", "plans");
        Assert.Equal((6, 0), (await again.Notes().CountAsync(), await again.Notes("plans").CountAsync()));
        await PullAsync(again);
        Assert.Equal((7, 7), (await again.Notes().CountAsync(), await again.Notes("plans").CountAsync()));
        Assert.Equal([new("notes", IsComplete: true), new TypeSubscription("plans", IsComplete: true)], again.Subscriptions.Current);
        await Consistency.CheckAsync(again);
    }

    [Fact]
    public async Task A_pull_that_lies_before_what_was_filled_is_refused_and_shows_nothing()
    {
        await OthersWriteAsync("notes", "plans");
        await using var store = await OpenAsync("notes");
        await PullAsync(store);
        var behind = _server.Pull(store.Log.State, 10);
        await store.Subscriptions.AddAsync("plans");
        await OthersWriteAsync("notes", "plans");
        await FillAsync(store, 10);
        var refused = await Assert.ThrowsAsync<SyncException>(() => store.Log.ApplyPageAsync(behind, default));
        Assert.Equal(("OS2009", true), (refused.Code, refused.IsTransient));
        Assert.Equal(0, await store.Notes("plans").CountAsync());
        await PullAsync(store);
        Assert.Equal(2, await store.Notes("plans").CountAsync());
    }

    [Fact]
    public async Task R10_A_type_that_is_removed_leaves_with_its_rows_and_what_is_pending_goes_out_first()
    {
        await OthersWriteAsync("notes", "plans");
        await using var store = await OpenAsync("notes", "plans");
        await PullAsync(store);
        var receipt = await store.Notes("plans").PutAsync(new Note("mine", "pending"));
        await store.Subscriptions.RemoveAsync("plans");
        Assert.Equal(["mine"], await IdsAsync(store, "plans"));
        Assert.Equal(1, await store.Notes().CountAsync());

        Assert.True(await store.PushOneAsync(_server));
        Assert.Equal((OutcomeKind.Applied, 0), ((await receipt.Outcome).Kind, await store.Notes("plans").CountAsync()));
        Assert.Empty(await store.LogAsync());

        // A stream that was opened before brings the type's rows still.
        var page = _server.Pull(store.Log.State with { Types = store.Log.State.Types with { Joined = null } }, 10);
        Assert.Contains(page.Rows, static row => row.Key.Type == "plans");
        await store.Log.ApplyPageAsync(page, default);
        Assert.Equal(0, await store.Notes("plans").CountAsync());
        await Consistency.CheckAsync(store);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task I2_A_write_of_a_type_that_is_not_held_counts_once_whichever_of_acknowledgement_and_page_comes_first(bool pageFirst)
    {
        await using var store = await OpenAsync("notes");
        await PullAsync(store);
        await store.Notes("plans").PutAsync(new Note("mine", "a"));
        var batch = await store.TakeAsync();
        var outcomes = _server.Push(batch!.Operations);
        if (pageFirst) await PullAsync(store);
        await store.Log.AcknowledgeAsync(outcomes, _server.Clock, default);
        await PullAsync(store);
        Assert.Equal(0, await store.Notes("plans").CountAsync());
        Assert.Empty(await store.LogAsync());
        await store.Subscriptions.AddAsync("plans");
        await FillAsync(store, 10);
        await PullAsync(store);
        Assert.Equal(["mine"], await IdsAsync(store, "plans"));
    }

    [Fact]
    public async Task I8_What_is_written_on_a_type_whose_rows_are_not_here_claims_to_have_seen_nothing()
    {
        await OthersWriteAsync("notes", "plans");
        await using var store = await OpenAsync("notes");
        await PullAsync(store);
        await store.Notes().PutAsync(new Note("own", "a"));
        await store.Notes("plans").PutAsync(new Note("before", "a"));
        await store.Subscriptions.AddAsync("plans");
        await store.Notes("plans").PutAsync(new Note("filling", "a"));
        await FillAsync(store, 10);
        await store.Notes("plans").PutAsync(new Note("joined", "a"));
        await PullAsync(store);
        await store.Notes("plans").PutAsync(new Note("visible", "a"));
        Assert.Equal(
            [("own", 1), ("before", 0), ("filling", 0), ("joined", 0), ("visible", 1)],
            (await store.LogAsync()).Select(static one => (one.Entity.Id, one.Seen)));
    }

    [Fact]
    public async Task I4_Whatever_is_added_and_removed_between_the_device_ends_with_the_servers_rows_of_its_types()
    {
        await Gen.Int[0, 11].List[1, 60].SampleAsync(
            async steps =>
            {
                using var folder = new TestFolder();
                var run = new FillRun(folder);
                await using (run)
                {
                    await run.OpenAsync();
                    foreach (var step in steps) await run.StepAsync(step);
                    await run.EndAsync();
                }
            },
            iter: 60,
            threads: 2);
    }

    [Theory]
    [InlineData("plans", "it is the last one")]
    [InlineData("no name", "a type is a letter")]
    [InlineData("scratch", "LocalTypes")]
    public async Task A_subscription_that_makes_no_sense_is_refused_and_changes_nothing(string type, string fact)
    {
        await using var store = await _folder.OpenAsync(types: ["plans"], localTypes: ["scratch"]);
        var refused = await Assert.ThrowsAsync<SyncException>(() => store.Subscriptions.RemoveAsync(type));
        Assert.Equal("OS3012", refused.Code);
        Assert.Contains(fact, refused.Message, StringComparison.Ordinal);
        Assert.Equal([new TypeSubscription("plans", IsComplete: true)], store.Subscriptions.Current);
    }

    [Fact]
    public async Task A_database_of_all_types_has_nothing_to_add_or_remove()
    {
        await using var store = await OpenAsync();
        await store.Subscriptions.AddAsync("plans");
        Assert.Null(store.Subscriptions.Current);
        var refused = await Assert.ThrowsAsync<SyncException>(() => store.Subscriptions.RemoveAsync("plans"));
        Assert.Equal("OS3012", refused.Code);
    }

    private Task<SyncStore> OpenAsync(params string[] types) => _folder.OpenAsync(types: types.Length > 0 ? types : null);

    private Task PullAsync(SyncStore store) => store.PullAsync(_server);

    private Task FillAsync(SyncStore store, int rows) => FillRun.FillAsync(_server, store, rows);

    private static async Task<string[]> IdsAsync(SyncStore store, string type) =>
        [.. (await store.Notes(type).Query().ToListAsync()).Select(static note => note.Id)];

    /// <summary>One commit, with an entity of each type in it.</summary>
    private Task OthersWriteAsync(params string[] types) => FillRun.OthersWriteAsync(_folder, _server, types);
}
