using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Grains.Storage;
using OrleansSync.Hosting;

namespace OrleansSync.Gateway.Tests.Life;

/// <summary>A server that is restored to an earlier point, on a real store, with real devices that have gone on since.</summary>
public sealed class RestoreTests
{
    private static readonly Action<OrleansSyncBuilder> Schema = static sync =>
    {
        sync.AcceptUndeclaredTypes(false);
        sync.Entity("tasks").Counter("minutes").Set("tags");
        sync.Entity("firsts").OnDelete(DeletePolicy.DeleteWins);
    };

    public static TheoryData<bool, bool> Returns => new() { { true, true }, { false, true }, { true, false }, { false, false } };

    [Theory]
    [MemberData(nameof(Returns))]
    public async Task R43_I2_I4_I6_I10_After_a_restore_devices_bring_back_all_that_they_hold_and_nothing_counts_twice(bool isMakerFirst, bool newLineage)
    {
        var expected = await PlayAsync(restores: false, isMakerFirst, newLineage);
        var found = await PlayAsync(restores: true, isMakerFirst, newLineage);
        Assert.Equal(expected, found);
        Assert.Contains("t1 {\"minutes\":17,", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R43_I10_What_a_device_does_not_keep_any_more_is_told_by_its_entity()
    {
        await using var server = await RestorableServer.StartAsync(Schema);
        var device = await server.OpenAsync("a", static options => options with { KeptOperations = 1 });
        await device.Collection("tasks").PutAsync(Task("t1", "of before"));
        await device.SyncNowAsync();
        await server.BackUpAsync();
        device = await server.OpenAsync("a", static options => options with { KeptOperations = 1 });
        await device.Collection("tasks").PatchAsync("t1", static patch => patch.Set("title", "lost"));
        await device.Collection("tasks").PutAsync(Task("t2", "lost"));
        await device.SyncNowAsync();
        await device.Collection("tasks").PutAsync(Task("t3", "kept"));
        await device.SyncNowAsync();
        await server.RestoreAsync(newLineage: true);

        device = await server.OpenAsync("a");
        var events = device.EventsAsync();
        await device.SyncNowAsync();

        Assert.Equal(["t1", "t3"], (await device.Collection("tasks").Query().ToListAsync()).Select(static task => task.Id));
        Assert.Equal("of before", await device.TextAsync("tasks", "t1", "title"));
        var told = await RecoveredAsync(device, events);
        Assert.Equal((1, 0, 2, true), (told.Resent, told.Rejected, told.Missing, told.HasForgotten));
        Assert.Equal([new MissingEntity("tasks", "t1"), new MissingEntity("tasks", "t2")], told.Entities);
    }

    [Fact]
    public async Task R43_A_user_who_is_not_in_the_backup_is_back_with_the_first_device()
    {
        await using var server = await RestorableServer.StartAsync(Schema);
        await server.BackUpAsync();
        var device = await server.OpenAsync("a");
        await device.Collection("tasks").PutAsync(Task("t1", "all new"));
        await device.SyncNowAsync();
        await device.Collection("tasks").PatchAsync("t1", static patch => patch.Increment("minutes", 4));
        await device.SyncNowAsync();
        await server.RestoreAsync(newLineage: true);

        device = await server.OpenAsync("a");
        var events = device.EventsAsync();
        await device.SyncNowAsync();

        Assert.Equal("""{"minutes":4,"title":"all new"}""", await DocumentAsync(device, "t1"));
        Assert.Equal(0, (await RecoveredAsync(device, events)).Missing);
    }

    [Fact]
    public async Task R43_I2_A_device_that_watches_when_the_lineage_changes_shakes_hands_anew_and_goes_on()
    {
        await using var life = await LifeServer.StartAsync(Schema);
        var user = SharedServer.NewUser();
        await using var device = await life.OpenAsync(user, "live", live: true);
        await device.Collection("tasks").PutAsync(Task("t1", "one"));
        await device.SyncNowAsync();
        await device.WatchStatusAsync().FirstAsync(static status => status.Connection == SyncConnection.Online).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        var recovered = device.EventsAsync().OfType<SyncEvent.Recovered>().FirstAsync().AsTask();

        var store = life.Server.Services.GetRequiredService<ISyncStore>();
        await store.BeginLineagesAsync([ScopeId.ForUser(user)], Lineages.Through(TimeProvider.System), default);
        var receipt = await device.Collection("tasks").PatchAsync("t1", static patch => patch.Increment("minutes", 3));

        Assert.Equal(OutcomeKind.Applied, await receipt.OutcomeAsync());
        var told = await recovered.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((0, 0), (told.Rejected, told.Missing));
        await using var other = await life.OpenAsync(user, "other");
        await other.SyncNowAsync();
        Assert.Equal("""{"minutes":3,"title":"one"}""", await DocumentAsync(other, "t1"));
    }

    /// <summary>The same writes on a server that is restored in between, or is not; what both devices end with.</summary>
    private static async Task<string> PlayAsync(bool restores, bool isMakerFirst, bool newLineage)
    {
        await using var server = await RestorableServer.StartAsync(Schema);
        var (maker, other) = (await server.OpenAsync("maker"), await server.OpenAsync("other"));
        await maker.Collection("tasks").PutAsync(Task("t1", "one"));
        await maker.Collection("tasks").PutAsync(Task("t2", "two"));
        await maker.Collection("tasks").PutAsync(Task("t3", "three"));
        await maker.Collection("tasks").PatchAsync("t1", static patch => patch.Increment("minutes", 1).Add("tags", "red"));
        await LifeServer.SyncAsync(maker, other);
        await server.BackUpAsync();
        (maker, other) = (await server.OpenAsync("maker"), await server.OpenAsync("other"));
        await WriteAfterBackUpAsync(maker, other);
        if (restores) await server.RestoreAsync(newLineage);
        else await server.RestartAsync();
        (maker, other) = (await server.OpenAsync("maker"), await server.OpenAsync("other"));
        var (first, second) = isMakerFirst ? (maker, other) : (other, maker);
        var (firstEvents, secondEvents) = (first.EventsAsync(), second.EventsAsync());
        await first.SyncNowAsync();
        await second.SyncNowAsync();
        await first.SyncNowAsync();
        await second.SyncNowAsync();

        Assert.Equal((0, 0), (first.Status.Pending, second.Status.Pending));
        Assert.Equal(await first.DigestAsync(), await second.DigestAsync());
        Assert.Empty(await first.DeadLetters.ListAsync().ToListAsync());
        Assert.Empty(await second.DeadLetters.ListAsync().ToListAsync());
        var documents = string.Join('\n', await DocumentsAsync(first));
        Assert.Equal(documents, string.Join('\n', await DocumentsAsync(second)));
        if (!restores) return documents;

        Assert.Equal(newLineage ? 0 : 1, server.TakeErrors().Count(static error => error.Contains(" 2040: ", StringComparison.Ordinal)));
        // What only the other one can bring back was told by who came first, and by who came second nothing.
        var (early, late) = (await RecoveredAsync(first, firstEvents), await RecoveredAsync(second, secondEvents));
        Assert.Equal((0, false), (early.Rejected, early.HasForgotten));
        Assert.Equal(isMakerFirst ? ["f1", "t1", "t3", "t4", "t5", "t7"] : ["t1", "t2", "t4", "t5"], early.Entities.Select(static entity => entity.EntityId));
        Assert.Equal((0, false), (late.Rejected, late.HasForgotten));
        Assert.DoesNotContain(late.Entities, static entity => entity.EntityId != "t1");
        return documents;
    }

    private static async Task WriteAfterBackUpAsync(SyncStore maker, SyncStore other)
    {
        var (makers, others) = (maker.Collection("tasks"), other.Collection("tasks"));
        await makers.PutAsync(Task("t4", "four"));
        await makers.PutAsync(Task("t7", "seven"));
        await maker.Collection("firsts").PutAsync(Task("f1", "first"));
        await makers.PatchAsync("t1", static patch => patch.Set("title", "one again").Increment("minutes", 5));
        await LifeServer.SyncAsync(maker, other);
        // Over what the other one has made, which is lost.
        await others.PatchAsync("t4", static patch => patch.Set("note", "from the other").Increment("minutes", 2));
        await others.PatchAsync("t1", static patch => patch.Increment("minutes", 7).RemoveElement("tags", "red").Add("tags", "blue"));
        await others.DeleteAsync("t7");
        await others.DeleteAsync("t2");
        await other.Collection("firsts").DeleteAsync("f1");
        await other.TransactionAsync(tx =>
        {
            tx.Put(others, Task("t5", "five"));
            tx.Patch(others, "t3", static patch => patch.Set("title", "three of five"));
        });
        await LifeServer.SyncAsync(other, maker);
        await makers.PatchAsync("t5", static patch => patch.Set("note", "from the maker"));
        await makers.PutAsync(Task("t2", "two, its second life"));
        await LifeServer.SyncAsync(maker, other);
        await others.PatchAsync("t2", static patch => patch.Set("note", "in its second life"));
        await other.SyncNowAsync();
        // Not sent before the restore.
        await makers.PatchAsync("t1", static patch => patch.Set("title", "one, written offline").Increment("minutes", 4));
        await others.PutAsync(Task("t8", "eight"));
    }

    private static async Task<SyncEvent.Recovered> RecoveredAsync(SyncStore store, IAsyncEnumerable<SyncEvent> events)
    {
        await store.DisposeAsync();
        return Assert.Single((await events.ToListAsync()).OfType<SyncEvent.Recovered>());
    }

    private static async Task<IEnumerable<string>> DocumentsAsync(SyncStore store)
    {
        var documents = new List<string>();
        foreach (var type in new[] { "tasks", "firsts" })
        {
            foreach (var document in await store.Collection(type).Query().ToListAsync()) documents.Add($"{document.Id} {document.Fields.ToJsonString()}");
        }

        return documents;
    }

    private static async Task<string> DocumentAsync(SyncStore store, string id) => (await store.Collection("tasks").FindAsync(id))!.Fields.ToJsonString();

    private static SyncDocument Task(string id, string title) => new(id, new JsonObject { ["title"] = title });
}
