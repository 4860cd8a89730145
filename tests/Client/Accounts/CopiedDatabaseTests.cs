using CsCheck;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.Accounts;

/// <summary>A local database that was copied: the copies are told apart, and what both may send counts once.</summary>
public sealed class CopiedDatabaseTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task I2_What_was_attempted_or_counts_becomes_a_dead_letter_and_the_rest_goes_on_as_another_device()
    {
        await using var store = await _folder.OpenAsync();
        var events = store.EventsAsync();
        var attempted = await store.Notes().PutAsync(new Note("attempted", "a"));
        await store.TakeAsync();
        var written = await store.Notes().PutAsync(new Note("written", "a"));
        await store.Notes().PatchAsync("written", static patch => patch.Increment("minutes", 5));
        await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("both", "a"));
            tx.Patch(store.Notes(), "written", static patch => patch.Set("title", "b"));
        });
        var before = store.DeviceId;

        var renewal = await store.Log.RenewDeviceAsync(default);

        Assert.NotEqual(before, store.DeviceId);
        Assert.Equal((renewal.Device.Value, 2), (store.DeviceId, renewal.DeadLetters));
        Assert.Equal(OutcomeKind.Rejected, (await attempted.Outcome).Kind);
        var letters = await store.DeadLetters.ListAsync().ToListAsync();
        Assert.Equal(["attempted", "written"], letters.Select(static letter => letter.EntityId));
        Assert.All(letters, static letter => Assert.Equal("OutcomeUnknown", letter.Code));
        Assert.Equal((null, "b", 0), (await store.Notes().FindAsync("attempted"), (await store.Notes().FindAsync("written"))!.Title, (await store.Notes().FindAsync("written"))!.Minutes));
        await Consistency.CheckAsync(store);

        var sent = new List<Operation>();
        while (await store.TakeAsync() is { } batch)
        {
            sent.AddRange(batch.Operations);
            await store.Log.AcknowledgeAsync(_server.Push(batch.Operations), _server.Clock, default);
        }

        Assert.Equal(["written", "both", "written"], sent.Select(static one => one.Entity.Id));
        Assert.All(sent, one => Assert.Equal(store.DeviceId, one.Device.Value));
        Assert.DoesNotContain(written.Operations[0], sent.Select(static one => one.Id));
        Assert.Equal(OutcomeKind.Applied, (await written.Outcome).Kind);
        await store.DisposeAsync();
        var told = await events.ToListAsync();
        Assert.Contains(new SyncEvent.Copied(2), told);
        Assert.Equal(["attempted", "written"], told.OfType<SyncEvent.DeadLettered>().Select(static one => one.EntityId));
    }

    [Fact]
    public async Task Elements_that_go_on_can_be_removed_by_what_goes_on_with_them()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n", "a"));
        await store.Notes().PatchAsync("n", static patch => patch.Add("tags", "x").Add("tags", "y"));
        await store.Notes().PatchAsync("n", static patch => patch.RemoveElement("tags", "x"));
        await store.Log.RenewDeviceAsync(default);
        Assert.Equal(["y"], (await store.Notes().FindAsync("n"))!.Tags!);
        await Consistency.CheckAsync(store);
    }

    [Fact]
    public async Task I2_Whatever_was_pending_when_a_database_was_copied_no_increment_counts_twice_and_both_copies_converge()
    {
        await Gen.Int[0, 5].List[1, 14].Select(Gen.Int[0, 2].List[0, 6]).SampleAsync(
            async (before, after) =>
            {
                using var folder = new TestFolder();
                var server = new ModelServer(TestModel.Schema);
                await using (var store = await folder.OpenAsync())
                {
                    foreach (var step in before) await WriteAsync(server, store, step);
                }

                File.Copy(folder.PathOf("app.db"), folder.PathOf("copy.db"));
                await using var original = await folder.OpenAsync();
                await using var copy = await folder.OpenAsync("copy.db");
                await SyncAsync(server, original);
                var counted = Increments(before);
                // Without the server: it would tell at once.
                foreach (var step in after) await WriteAsync(server, copy, step);
                await copy.Log.RenewDeviceAsync(default);
                await Consistency.CheckAsync(copy);
                await SyncAsync(server, copy);
                await SyncAsync(server, original);
                Assert.Equal(await original.DigestAsync(), await copy.DigestAsync());
                Assert.Equal(counted, (await copy.Notes().FindAsync("n"))?.Minutes ?? 0);
            },
            iter: 100,
            threads: 2);
    }

    private static long Increments(IEnumerable<int> steps) => steps.Count(static step => step == 1);

    private static async Task WriteAsync(ModelServer server, SyncStore store, int step)
    {
        switch (step)
        {
            case 0: await store.Notes().PutAsync(new Note("m", "a")); break;
            case 1: await IncrementAsync(store); break;
            case 2: await PutBothAsync(store); break;
            // It reaches the server, and its acknowledgement nobody.
            case 3 when await store.TakeAsync() is { } lost: server.Push(lost.Operations); break;
            case 4: await SyncAsync(server, store); break;
            default: await store.TakeAsync(); break;
        }
    }

    private static Task<WriteReceipt> PutBothAsync(SyncStore store) => store.TransactionAsync(tx =>
    {
        tx.Put(store.Notes(), new Note("m", "b"));
        tx.Put(store.Notes("plans"), new Note("p", "b"));
    });

    // Made on the device, and counted, in one transaction: what is counted is on this entity alone.
    private static async Task IncrementAsync(SyncStore store)
    {
        if (await store.Notes().FindAsync("n") is null) await store.Notes().PutAsync(new Note("n", "a"));
        await store.Notes().PatchAsync("n", static patch => patch.Increment("minutes", 1));
    }

    private static async Task SyncAsync(ModelServer server, SyncStore store)
    {
        await store.Log.ReturnToPendingAsync([], default);
        await store.PushAsync(server);
        await store.PullAsync(server);
    }
}
