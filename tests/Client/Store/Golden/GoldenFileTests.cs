using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.Store.Golden;

/// <summary>Files as each format's last version of the library left them. A new format adds a file here.</summary>
public sealed class GoldenFileTests : IDisposable
{
    private const int Current = 6;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task R4_A_file_of_every_format_opens_with_all_that_it_held_and_syncs_on(int format)
    {
        File.Copy(Path.Combine(SourceTree.Root, "tests", "Client", "Store", "Golden", $"format-{format}.sqlite"), _folder.PathOf("app.db"));
        await using var store = await SyncStore.OpenAsync(new SyncStoreOptions { DatabasePath = _folder.PathOf("app.db") });
        await CheckAsync(store, interruptedPull: format > 1);
    }

    [Fact]
    public async Task What_this_version_writes_is_the_current_format()
    {
        await using (var store = await SyncStore.OpenAsync(new SyncStoreOptions { DatabasePath = _folder.PathOf("app.db") })) await GoldenFile.WriteAsync(store);
        await using var again = await SyncStore.OpenAsync(new SyncStoreOptions { DatabasePath = _folder.PathOf("app.db") });
        Assert.Equal(Current, again.Database.Read(static connection => connection.Number("PRAGMA user_version")));
        await CheckAsync(again, interruptedPull: true);
    }

    private static async Task CheckAsync(SyncStore store, bool interruptedPull)
    {
        var notes = store.Collection("notes");
        var log = store.Log;
        Assert.Equal((3, GoldenFile.Lineage, interruptedPull ? 1 : 0), (log.State.Cursor, log.State.Lineage, log.State.PageToken.Length));
        Assert.Equal([1, 2, 3], log.State.SessionToken.ToArray());
        Assert.Equal(
            ["acked", "failed", "flight", "pending", "s1", "s3", "t1", "t2"],
            (await notes.Query().ToListAsync()).Select(static note => note.Id));
        var mine = (await notes.FindAsync("s1"))!.Fields;
        Assert.Equal(("mine", 6), ((string)mine["title"]!, (int)mine["minutes"]!));
        Assert.Equal(
            [EntitySyncState.Pending, EntitySyncState.DeadLetter, EntitySyncState.Synced],
            [await notes.StateOfAsync("acked"), await notes.StateOfAsync("rejected"), await notes.StateOfAsync("s3")]);
        var letter = Assert.Single(await store.DeadLetters.ListAsync().ToListAsync());
        Assert.Equal(("rejected", RejectionReason.EntityGone, "as the server says"), (letter.EntityId, letter.Reason, letter.Message));
        var depth = await log.DepthAsync(default);
        Assert.Equal((7, 0, 1), (depth.Pending, depth.InFlight, depth.DeadLetters));
        await Consistency.CheckAsync(store);

        var sent = new List<string>();
        while (await store.TakeAsync() is { } batch)
        {
            sent.Add(string.Join(' ', batch.Operations.Select(static one => one.Entity.Id)));
            await log.AcknowledgeAsync(
                [.. batch.Operations.Select(static one => new OperationOutcome(new Outcome(one.Id, OutcomeKind.Applied, 8, RejectionReason.None), null))], 20, default);
        }

        Assert.Equal(["failed", "flight pending s1 s2", "t1 t2"], sent);
        await log.ApplyPageAsync(new ChangePage([], [], Complete: true, GoldenFile.Lineage, 9, default, 9, 20), default);
        Assert.Equal(interruptedPull, await notes.FindAsync("s4") is not null);
        Assert.Equal("rejected", Assert.Single(await store.LogAsync()).Entity.Id);
        await Consistency.CheckAsync(store);
    }
}
