using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Hosting;
using OrleansSync.Samples.Stock;

namespace OrleansSync.Gateway.Tests.Life;

public sealed class PolicyServer : IAsyncLifetime
{
    public LifeServer Life { get; private set; } = null!;

    public async Task InitializeAsync() => Life = await LifeServer.StartAsync(static sync =>
    {
        sync.AcceptUndeclaredTypes(false);
        sync.Entity("tasks").Counter("minutes").Set("tags");
        sync.Entity("letters").Policy(ConflictPolicy.LastWriterWins).Counter("sent");
        sync.Entity("payments").Policy(ConflictPolicy.Reject).Counter("cents");
        sync.Entity("plans").OnDelete(DeletePolicy.EditWins);
        sync.Entity("stock").Counter("count").Set("places").ResolveWith<StockResolver>(StockResolver.Version);
        sync.Entity("offers").ResolveWith<OfferResolver>(2);
        sync.Entity("drafts").OnDelete(DeletePolicy.DeleteWins);
    });

    public async Task DisposeAsync() => await Life.DisposeAsync();
}

/// <summary>Each rule of conflicts, from two devices that wrote without a network to what both of them show.</summary>
public sealed class PolicyTests(PolicyServer server) : IClassFixture<PolicyServer>
{
    [Fact]
    public async Task R22_Fields_are_merged_each_for_itself_and_the_later_timestamp_wins()
    {
        var (a, b) = await StartAsync("tasks", new() { ["title"] = "x", ["note"] = "x" });
        // A second write of its own raises the counter of a above that of b.
        await a.Collection("tasks").PatchAsync("1", static patch => patch.Set("other", 1));
        var first = await a.Collection("tasks").PatchAsync("1", static patch => patch.Set("title", "of a"));
        var second = await b.Collection("tasks").PatchAsync("1", static patch => patch.Set("title", "of b").Set("note", "of b"));
        await SyncAsync(b, a);

        await AgreeAsync(a, b, "tasks", """{"title":"of a","note":"of b","other":1}""");
        Assert.Equal((OutcomeKind.Merged, OutcomeKind.Applied), (await first.OutcomeAsync(), await second.OutcomeAsync()));
    }

    [Fact]
    public async Task R22_Counters_add_up_and_sets_keep_what_only_one_device_removed()
    {
        var (a, b) = await StartAsync("tasks", new() { ["title"] = "x" });
        await a.Collection("tasks").PatchAsync("1", static patch => patch.Add("tags", "home").Add("tags", "old").Increment("minutes", 10));
        await SyncAsync(a, b);
        await a.Collection("tasks").PatchAsync("1", static patch => patch.RemoveElement("tags", "old").RemoveElement("tags", "home").Increment("minutes", 5));
        await b.Collection("tasks").PatchAsync("1", static patch => patch.Add("tags", "home").Add("tags", "urgent").Increment("minutes", -3));
        await SyncAsync(a, b);

        // b added "home" anew, which a did not see when it removed it.
        await AgreeAsync(a, b, "tasks", """{"title":"x","tags":["home","urgent"],"minutes":12}""");
    }

    [Fact]
    public async Task R22_Of_whole_documents_the_last_writer_wins_and_counters_add_up()
    {
        var (a, b) = await StartAsync("letters", new() { ["to"] = "x", ["text"] = "x" });
        await a.Collection("letters").PatchAsync("1", static patch => patch.Set("to", "of a").Increment("sent", 1));
        await b.Collection("letters").PatchAsync("1", static patch => patch.Increment("sent", 1));
        var last = await b.Collection("letters").PatchAsync("1", static patch => patch.Set("text", "of b"));
        await SyncAsync(b, a);

        // What b wrote last was the whole letter, with the addressee that it knew.
        await AgreeAsync(a, b, "letters", """{"to":"x","text":"of b","sent":2}""");
        Assert.Equal(OutcomeKind.Applied, await last.OutcomeAsync());
    }

    [Fact]
    public async Task R22_A_strict_type_refuses_what_meets_a_concurrent_change_and_a_retry_on_the_row_that_stands_is_taken()
    {
        var (a, b) = await StartAsync("payments", new() { ["state"] = "open" });
        await a.Collection("payments").PatchAsync("1", static patch => patch.Set("state", "paid").Increment("cents", 100));
        var refused = await b.Collection("payments").PatchAsync("1", static patch => patch.Set("state", "cancelled").Increment("cents", 7));
        await SyncAsync(a, b);

        await AgreeAsync(a, b, "payments", """{"state":"paid","cents":100}""");
        Assert.Equal(OutcomeKind.Rejected, await refused.OutcomeAsync());
        var letter = Assert.Single(await b.DeadLetters.ListAsync().ToListAsync());
        Assert.Equal(RejectionReason.Conflict, letter.Reason);
        Assert.Equal(EntitySyncState.DeadLetter, await b.Collection("payments").StateOfAsync("1"));

        await letter.RetryAsync();
        await SyncAsync(b, a);
        await AgreeAsync(a, b, "payments", """{"state":"cancelled","cents":107}""");
        Assert.Empty(await b.DeadLetters.ListAsync().ToListAsync());
    }

    [Theory]
    [InlineData("tasks", true, null)]
    [InlineData("tasks", false, "of b")]
    [InlineData("plans", true, "of b")]
    [InlineData("plans", false, "of b")]
    [InlineData("drafts", true, null)]
    [InlineData("drafts", false, null)]
    public async Task R22_A_delete_meets_an_edit_by_the_rule_of_its_type(string type, bool deletesLater, string? left)
    {
        var (a, b) = await StartAsync(type, new() { ["title"] = "x" });
        // Whoever writes twice has the later timestamp.
        await (deletesLater ? a : b).Collection(type).PatchAsync("1", static patch => patch.Set("other", 1));
        await a.Collection(type).DeleteAsync("1");
        await b.Collection(type).PatchAsync("1", static patch => patch.Set("title", "of b"));
        await SyncAsync(a, b);

        foreach (var device in new[] { a, b }) Assert.Equal(left, await device.TextAsync(type, "1", "title"));
        Assert.Equal(await a.DigestAsync(), await b.DigestAsync());
    }

    [Fact]
    public async Task R41_A_transaction_with_one_refused_operation_is_refused_whole_on_its_device_and_everywhere()
    {
        var (a, b) = await StartAsync("payments", new() { ["state"] = "open" });
        await a.Collection("payments").PatchAsync("1", static patch => patch.Set("state", "paid"));
        var receipt = await b.TransactionAsync(tx =>
        {
            tx.Put(b.Collection("tasks"), new SyncDocument("log", new JsonObject { ["title"] = "cancelled" }));
            tx.Patch(b.Collection("payments"), "1", static patch => patch.Set("state", "cancelled"));
        });
        await SyncAsync(a, b);

        Assert.Equal(OutcomeKind.Rejected, await receipt.OutcomeAsync());
        await AgreeAsync(a, b, "payments", """{"state":"paid"}""");
        foreach (var device in new[] { a, b }) Assert.Null(await device.Collection("tasks").FindAsync("log"));
        Assert.Equal(
            [RejectionReason.TransactionRejected, RejectionReason.Conflict],
            (await b.DeadLetters.ListAsync().ToListAsync()).Select(static letter => letter.Reason));
    }

    [Fact]
    public async Task R22_A_resolver_decides_in_the_order_of_commits_about_each_operation()
    {
        var (a, b) = await StartAsync("stock", []);
        await a.Collection("stock").PatchAsync("1", static patch => patch.Increment("count", 10).Add("places", "shelf"));
        await SyncAsync(a, b);
        var sold = await a.Collection("stock").PatchAsync("1", static patch => patch.Increment("count", -7));
        var (two, four) = (
            await b.Collection("stock").PatchAsync("1", static patch => patch.Increment("count", -2)),
            await b.Collection("stock").PatchAsync("1", static patch => patch.Increment("count", -4)));
        await SyncAsync(a, b);

        await AgreeAsync(a, b, "stock", """{"count":1,"places":["shelf"]}""");
        Assert.Equal(
            (OutcomeKind.Applied, OutcomeKind.Merged, OutcomeKind.Rejected),
            (await sold.OutcomeAsync(), await two.OutcomeAsync(), await four.OutcomeAsync()));
        Assert.Equal(RejectionReason.RefusedByResolver, Assert.Single(await b.DeadLetters.ListAsync().ToListAsync()).Reason);
    }

    [Fact]
    public async Task R22_A_resolver_sees_base_mine_and_theirs_and_its_word_stands_whatever_the_timestamps()
    {
        var (a, b) = await StartAsync("offers", new() { ["price"] = 100, ["by"] = "nobody" });
        await b.Collection("offers").PatchAsync("1", static patch => patch.Set("other", 1));
        await b.Collection("offers").PatchAsync("1", static patch => patch.Set("price", 130).Set("by", "b"));
        await a.Collection("offers").PatchAsync("1", static patch => patch.Set("price", 120).Set("by", "a"));
        await SyncAsync(b, a);

        // The one of a came later, with a lower timestamp: the resolver adds what both have raised and keeps the name.
        await AgreeAsync(a, b, "offers", """{"price":150,"by":"b","other":1}""");
    }

    [Fact]
    public async Task R22_A_resolver_that_fails_refuses_the_operation_and_the_others_go_on()
    {
        var (a, b) = await StartAsync("offers", new() { ["price"] = 100 });
        var bad = await a.Collection("offers").PatchAsync("1", static patch => patch.Set("price", "much"));
        await a.Collection("offers").PutAsync(new SyncDocument("2", new() { ["price"] = 7 }));
        await SyncAsync(a, b);

        await AgreeAsync(a, b, "offers", """{"price":100}""");
        Assert.Equal(OutcomeKind.Rejected, await bad.OutcomeAsync());
        Assert.Equal(RejectionReason.ResolverFailed, Assert.Single(await a.DeadLetters.ListAsync().ToListAsync()).Reason);
        Assert.Equal("7", await b.TextAsync("offers", "2", "price"));
        Assert.Contains(server.Life.Server.TakeErrors(), static error => error.Contains("The resolver of type offers failed", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_where_there_is_a_resolver_a_type_can_have_one()
    {
        var exception = Assert.Throws<OrleansSyncConfigurationException>(() =>
        {
            var host = WebApplication.CreateBuilder();
            host.AddOrleansSync(static sync =>
            {
                sync.UseSqlite("data").Entity("a").Policy(ConflictPolicy.Custom);
                sync.Entity("b").ResolveWith<OfferResolver>(1).Policy(ConflictPolicy.FieldMerge);
            });
        });
        Assert.Contains(exception.Faults, static fault => fault.StartsWith("Entities.a.Policy = Custom: give it a resolver", StringComparison.Ordinal));
        Assert.Contains(exception.Faults, static fault => fault.StartsWith("OrleansSync:Entities:b:ResolverVersion = 1: the policy is FieldMerge", StringComparison.Ordinal));
    }

    private async Task<(SyncStore A, SyncStore B)> StartAsync(string type, JsonObject fields)
    {
        var (a, b) = await server.Life.PairAsync();
        await a.Collection(type).PutAsync(new SyncDocument("1", fields));
        await SyncAsync(a, b);
        return (a, b);
    }

    private static Task SyncAsync(params SyncStore[] devices) => LifeServer.SyncAsync(devices);

    /// <summary>Both show this document, and hold the same bytes.</summary>
    private static async Task AgreeAsync(SyncStore a, SyncStore b, string type, string document)
    {
        foreach (var device in new[] { a, b })
        {
            var found = await device.Collection(type).FindAsync("1");
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(document), found?.Fields), $"{document} was expected; there is {found?.Fields.ToJsonString()}");
        }

        Assert.Equal(await a.DigestAsync(), await b.DigestAsync());
    }
}
