using System.Text.Json.Nodes;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Hosting;

namespace OrleansSync.Gateway.Tests.Life;

public sealed class ManualServer : IAsyncLifetime
{
    public LifeServer Life { get; private set; } = null!;

    public async Task InitializeAsync() => Life = await LifeServer.StartAsync(static sync =>
    {
        sync.AcceptUndeclaredTypes(false);
        sync.Entity("contracts").Policy(ConflictPolicy.Manual).Counter("signatures").Set("tags");
        sync.Entity("notes");
    });

    public async Task DisposeAsync() => await Life.DisposeAsync();
}

/// <summary>Conflicts that a person resolves, from two devices that wrote without a network to what all of them show.</summary>
public sealed class ManualTests(ManualServer server) : IClassFixture<ManualServer>
{
    [Fact]
    public async Task R22_What_meets_a_concurrent_change_waits_on_every_device_with_base_mine_and_theirs()
    {
        var (a, b) = await StartAsync();
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 120));
        var receipt = await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 90).Set("note", "less").Increment("signatures"));
        await SyncAsync(a, b);

        Assert.Equal(OutcomeKind.Parked, await receipt.OutcomeAsync());
        await AgreeAsync(a, b, """{"price":120,"by":"nobody"}""");
        foreach (var device in new[] { a, b })
        {
            var conflict = Assert.Single(await device.Conflicts.ListAsync());
            Assert.Equal(b.DeviceId, conflict.Device);
            Assert.Equal(receipt.Operations[0], conflict.Id);
            var entity = Assert.Single(conflict.Entities);
            Assert.Equal(("contracts", "1", OperationKind.Update, false), (entity.Type, entity.EntityId, entity.Kind, entity.IsGone));
            Assert.Equal(
                [("note", null, "\"less\"", null), ("price", "100", "90", "120")],
                entity.Fields.Select(static field => (field.Name, field.Base?.ToString(), field.Mine?.ToString(), field.Theirs?.ToString())));
            Assert.Contains(entity.Changes, static change => change is IncrementField { Field: "signatures", Delta: 1 });
            Assert.Equal(EntitySyncState.Conflict, await device.Collection("contracts").StateOfAsync("1"));
            Assert.Empty(await device.DeadLetters.ListAsync().ToListAsync());
            Assert.Equal(0, device.Status.Pending);
        }
    }

    [Fact]
    public async Task R22_Mine_can_be_taken_on_another_device_without_a_network()
    {
        var (a, b) = await ConflictAsync();
        var taken = await Assert.Single(await a.Conflicts.ListAsync()).KeepMineAsync();
        // At once, here.
        Assert.Empty(await a.Conflicts.ListAsync());
        Assert.Equal("90", await a.TextAsync("contracts", "1", "price"));
        await SyncAsync(a, b);

        Assert.Equal(OutcomeKind.Applied, await taken.OutcomeAsync());
        await AgreeAsync(a, b, """{"price":90,"by":"nobody","signatures":1,"tags":["of b"]}""");
        await SettledAsync(a, b);
    }

    [Fact]
    public async Task R22_Theirs_can_be_kept_and_the_writer_goes_on_from_it()
    {
        var (a, b) = await ConflictAsync();
        await Assert.Single(await b.Conflicts.ListAsync()).KeepTheirsAsync();
        await SyncAsync(b, a);
        await AgreeAsync(a, b, """{"price":120,"by":"nobody"}""");
        await SettledAsync(a, b);

        var next = await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 121));
        await SyncAsync(b, a);
        Assert.Equal(OutcomeKind.Applied, await next.OutcomeAsync());
        await AgreeAsync(a, b, """{"price":121,"by":"nobody"}""");
    }

    [Fact]
    public async Task R22_Something_else_can_be_written_in_one_transaction_with_the_decision()
    {
        var (a, b) = await ConflictAsync();
        await Assert.Single(await a.Conflicts.ListAsync()).ResolveAsync(tx =>
        {
            tx.Patch(a.Collection("contracts"), "1", static patch => patch.Set("price", 105));
            tx.Put(a.Collection("notes"), new SyncDocument("why", new JsonObject { ["text"] = "the middle" }));
        });
        await SyncAsync(a, b);
        await AgreeAsync(a, b, """{"price":105,"by":"nobody"}""");
        Assert.Equal("the middle", await b.TextAsync("notes", "why", "text"));
        await SettledAsync(a, b);
    }

    [Fact]
    public async Task R22_Of_two_that_decide_at_once_the_first_one_counts_and_the_other_one_hears_of_it()
    {
        var (a, b) = await ConflictAsync();
        var (ofA, ofB) = (Assert.Single(await a.Conflicts.ListAsync()), Assert.Single(await b.Conflicts.ListAsync()));
        var first = await ofA.KeepMineAsync();
        var second = await ofB.ResolveAsync(tx => tx.Patch(b.Collection("contracts"), "1", static patch => patch.Set("price", 1)));
        await SyncAsync(a, b);

        Assert.Equal((OutcomeKind.Applied, OutcomeKind.Rejected), (await first.OutcomeAsync(), await second.OutcomeAsync()));
        await AgreeAsync(a, b, """{"price":90,"by":"nobody","signatures":1,"tags":["of b"]}""");
        Assert.Empty(await b.Conflicts.ListAsync());
        var letters = await b.DeadLetters.ListAsync().ToListAsync();
        Assert.Equal(2, letters.Count);
        Assert.Contains(letters, static letter => letter.Reason == RejectionReason.Conflict);
        await letters[0].DiscardAsync();
        await SettledAsync(a, b);
        Assert.Equal("OS3014", (await Assert.ThrowsAsync<SyncException>(() => ofB.KeepTheirsAsync())).Code);
    }

    [Fact]
    public async Task R22_Who_decides_on_what_has_changed_since_is_refused_and_the_question_stays()
    {
        var (a, b) = await ConflictAsync();
        var stale = await Assert.Single(await b.Conflicts.ListAsync()).KeepMineAsync();
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 125));
        await SyncAsync(a, b);

        Assert.Equal(OutcomeKind.Rejected, await stale.OutcomeAsync());
        await AgreeAsync(a, b, """{"price":125,"by":"nobody"}""");
        foreach (var letter in (await b.DeadLetters.ListAsync().ToListAsync())[..1]) await letter.DiscardAsync();
        var conflict = Assert.Single(await b.Conflicts.ListAsync());
        Assert.Equal("125", conflict.Entities[0].Fields.Single(static field => field.Name == "price").Theirs?.ToString());

        // What is read before the entity changes cannot be decided on after it.
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 130));
        await SyncAsync(a, b);
        Assert.Equal("OS3014", (await Assert.ThrowsAsync<SyncException>(() => conflict.KeepMineAsync())).Code);
        await Assert.Single(await b.Conflicts.ListAsync()).KeepMineAsync();
        await SyncAsync(b, a);
        await AgreeAsync(a, b, """{"price":90,"by":"nobody","signatures":1,"tags":["of b"]}""");
        await SettledAsync(a, b);
    }

    [Fact]
    public async Task R22_I3_What_is_written_on_top_of_what_waits_joins_the_question()
    {
        var (a, b) = await ConflictAsync();
        var later = await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("by", "b").Set("price", 80));
        await SyncAsync(b, a);

        Assert.Equal(OutcomeKind.Parked, await later.OutcomeAsync());
        var conflict = Assert.Single(await a.Conflicts.ListAsync());
        Assert.Equal(
            [("by", "\"nobody\"", "\"b\"", "\"nobody\""), ("price", "100", "80", "120")],
            conflict.Entities[0].Fields.Select(static field => (field.Name, field.Base?.ToString(), field.Mine?.ToString(), field.Theirs?.ToString())));
        await conflict.KeepMineAsync();
        await SyncAsync(a, b);
        await AgreeAsync(a, b, """{"price":80,"by":"b","signatures":1,"tags":["of b"]}""");
        await SettledAsync(a, b);
    }

    [Fact]
    public async Task R41_A_transaction_waits_whole_and_is_taken_whole()
    {
        var (a, b) = await StartAsync();
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 120));
        var receipt = await b.TransactionAsync(tx =>
        {
            tx.Put(b.Collection("notes"), new SyncDocument("log", new JsonObject { ["text"] = "less" }));
            tx.Patch(b.Collection("contracts"), "1", static patch => patch.Set("price", 90));
        });
        await SyncAsync(a, b);

        Assert.Equal(OutcomeKind.Parked, await receipt.OutcomeAsync());
        foreach (var device in new[] { a, b }) Assert.Null(await device.Collection("notes").FindAsync("log"));
        var conflict = Assert.Single(await a.Conflicts.ListAsync());
        Assert.Equal(["notes", "contracts"], conflict.Entities.Select(static entity => entity.Type));
        Assert.Equal((true, OperationKind.Create), (conflict.Entities[0].IsGone, conflict.Entities[0].Kind));
        await conflict.KeepMineAsync();
        await SyncAsync(a, b);
        foreach (var device in new[] { a, b }) Assert.Equal("less", await device.TextAsync("notes", "log", "text"));
        await AgreeAsync(a, b, """{"price":90,"by":"nobody"}""");
        await SettledAsync(a, b);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task R22_A_delete_and_an_edit_that_did_not_see_each_other_are_a_question_too(bool deletesFirst)
    {
        var (a, b) = await StartAsync();
        if (deletesFirst) await a.Collection("contracts").DeleteAsync("1");
        else await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 120));
        if (deletesFirst) await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 90));
        else await b.Collection("contracts").DeleteAsync("1");
        await SyncAsync(a, b);

        var conflict = Assert.Single(await a.Conflicts.ListAsync());
        Assert.Equal((deletesFirst, deletesFirst ? OperationKind.Update : OperationKind.Delete), (conflict.Entities[0].IsGone, conflict.Entities[0].Kind));
        await conflict.KeepMineAsync();
        await SyncAsync(a, b);
        foreach (var device in new[] { a, b }) Assert.Equal(deletesFirst ? "90" : null, await device.TextAsync("contracts", "1", "price"));
        Assert.Equal(await a.DigestAsync(), await b.DigestAsync());
        await SettledAsync(a, b);
    }

    [Fact]
    public async Task R22_A_question_that_nobody_decides_ends_after_90_days()
    {
        var (a, b) = await ConflictAsync();
        server.Life.Time.Advance(TimeSpan.FromDays(91));
        await server.Life.PurgeAsync();
        await SyncAsync(a, b);
        await AgreeAsync(a, b, """{"price":120,"by":"nobody"}""");
        await SettledAsync(a, b);
    }

    [Fact]
    public async Task R12_Watchers_of_the_inbox_and_of_the_entity_are_told_when_a_question_comes_and_goes()
    {
        var (a, b) = await StartAsync();
        await using var inbox = a.Conflicts.WatchAsync().GetAsyncEnumerator();
        await using var rows = a.Collection("contracts").Query().LiveAsync().GetAsyncEnumerator();
        Assert.True(await inbox.MoveNextAsync() && await rows.MoveNextAsync());
        Assert.Empty(inbox.Current);
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 120));
        await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 90));
        await SyncAsync(a, b, a);

        while (inbox.Current.Count == 0) Assert.True(await inbox.MoveNextAsync());
        while (rows.Current.States[0] != EntitySyncState.Conflict) Assert.True(await rows.MoveNextAsync());
        await inbox.Current[0].KeepTheirsAsync();
        while (inbox.Current.Count > 0) Assert.True(await inbox.MoveNextAsync());
        while (rows.Current.States[0] == EntitySyncState.Conflict) Assert.True(await rows.MoveNextAsync());
    }

    [Fact]
    public async Task R10_The_inbox_belongs_to_whatever_types_a_device_holds_and_shows_what_is_about_them()
    {
        var user = SharedServer.NewUser();
        var (a, b) = (await server.Life.OpenAsync(user, "a"), await server.Life.OpenAsync(user, "b", types: ["contracts"]));
        var notes = await server.Life.OpenAsync(user, "c", types: ["notes"]);
        await SyncAsync(a, b, notes);
        await a.Collection("contracts").PutAsync(new SyncDocument("1", new() { ["price"] = 100 }));
        await SyncAsync(a, b);
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 120));
        await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 90));
        await SyncAsync(a, b, notes);

        Assert.Empty(await notes.Conflicts.ListAsync());
        await Assert.Single(await b.Conflicts.ListAsync()).KeepMineAsync();
        await SyncAsync(b, a, notes);
        foreach (var device in new[] { a, b }) Assert.Equal("90", await device.TextAsync("contracts", "1", "price"));
        Assert.Equal(await a.DigestAsync("contracts"), await b.DigestAsync("contracts"));
        Assert.Equal(["notes"], notes.Subscriptions.Current!.Select(static one => one.Type));
        await notes.Subscriptions.AddAsync("contracts");
        await SyncAsync(notes);
        Assert.Equal(await a.DigestAsync(), await notes.DigestAsync());
    }

    private async Task<(SyncStore A, SyncStore B)> StartAsync()
    {
        var (a, b) = await server.Life.PairAsync();
        await a.Collection("contracts").PutAsync(new SyncDocument("1", new() { ["price"] = 100, ["by"] = "nobody" }));
        await SyncAsync(a, b);
        return (a, b);
    }

    /// <summary>What b wrote waits: a had raised the price.</summary>
    private async Task<(SyncStore A, SyncStore B)> ConflictAsync()
    {
        var (a, b) = await StartAsync();
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 120));
        await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 90).Increment("signatures").Add("tags", "of b"));
        await SyncAsync(a, b, a);
        return (a, b);
    }

    private static Task SyncAsync(params SyncStore[] devices) => LifeServer.SyncAsync(devices);

    private static async Task SettledAsync(params SyncStore[] devices)
    {
        foreach (var device in devices)
        {
            Assert.Empty(await device.Conflicts.ListAsync());
            Assert.Equal(EntitySyncState.Synced, await device.Collection("contracts").StateOfAsync("1"));
            Assert.Empty(await device.DeadLetters.ListAsync().ToListAsync());
        }
    }

    private static async Task AgreeAsync(SyncStore a, SyncStore b, string document)
    {
        foreach (var device in new[] { a, b })
        {
            var found = await device.Collection("contracts").FindAsync("1");
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(document), found?.Fields), $"{document} was expected; there is {found?.Fields.ToJsonString()}");
        }

        Assert.Equal(await a.DigestAsync(), await b.DigestAsync());
    }
}
