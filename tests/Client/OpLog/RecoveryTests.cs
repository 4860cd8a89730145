using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>A device whose server was restored to an earlier point, one local transaction after the other.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task R43_I2_I10_A_device_that_ends_after_any_step_of_its_recovery_goes_on_and_shows_its_data_all_the_while()
    {
        var store = await _folder.OpenAsync();
        await WriteAndRestoreAsync(store);
        var shown = await ShownAsync(store);
        var told = new List<SyncEvent>();

        await StepAsync(() => store.Log.RecordHandshakeAsync(_server.Handshake, default));
        Assert.Equal((6, 1), (store.Log.State.Recovery!.Resent, (await store.Log.DepthAsync(default)).Pending - 6));
        // Sent, and the acknowledgement is lost.
        await StepAsync(async () => _server.Push((await store.TakeAsync())!.Operations));
        await StepAsync(() => store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 1), default));
        await StepAsync(() => store.PushOneAsync(_server));
        await StepAsync(() => store.Notes().PatchAsync("n1", static patch => patch.Increment("minutes", 8)), writes: true);
        Assert.Equal(1 + 2 + 4 + 8, (await store.Notes().FindAsync("n1"))!.Minutes);
        while (store.Log.State.Recovery is not null)
        {
            await StepAsync(() => store.PushOneAsync(_server));
            await StepAsync(() => store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 1), default));
        }

        await StepAsync(() => store.PushAsync(_server));
        await StepAsync(() => store.PullAsync(_server));
        Assert.Empty(await store.LogAsync());
        Assert.Equal(1 + 2 + 4 + 8, (await store.Notes().FindAsync("n1"))!.Minutes);
        await store.DisposeAsync();
        var recovered = Assert.Single(told.OfType<SyncEvent.Recovered>());
        Assert.Equal((6, 0, 0, false), (recovered.Resent, recovered.Rejected, recovered.Missing, recovered.HasForgotten));
        Assert.Single(told.OfType<SyncEvent.ResyncStarted>());
        Assert.Empty(told.OfType<SyncEvent.DeadLettered>());

        async Task StepAsync(Func<Task> step, bool writes = false)
        {
            var events = store.EventsAsync();
            await step();
            if (writes) shown = await ShownAsync(store);
            Assert.Equal(shown, await ShownAsync(store));
            await Consistency.CheckAsync(store);
            await store.DisposeAsync();
            told.AddRange(await events.ToListAsync());
            store = await _folder.OpenAsync();
            Assert.Equal(shown, await ShownAsync(store));
            await Consistency.CheckAsync(store);
        }
    }

    [Fact]
    public async Task R43_I3_What_was_written_later_is_sent_after_what_is_sent_again()
    {
        await using var store = await _folder.OpenAsync();
        await WriteAndRestoreAsync(store);
        await store.Log.RecordHandshakeAsync(_server.Handshake, default);
        var sent = new List<Operation>();
        while (await store.TakeAsync() is { } batch)
        {
            sent.AddRange(batch.Operations);
            await store.Log.AcknowledgeAsync(_server.Push(batch.Operations), _server.Clock, default);
        }

        Assert.Equal(7, sent.Count);
        Assert.All(sent.GroupBy(static one => one.Entity), static of => Assert.Equal(of.Select(static one => one.Counter).Order(), of.Select(static one => one.Counter)));
    }

    [Fact]
    public async Task R43_A_lineage_that_no_restore_has_begun_brings_nothing_back()
    {
        await using var store = await _folder.OpenAsync();
        await store.Log.RecordHandshakeAsync(_server.Handshake, default);
        await store.Notes().PutAsync(new Note("n1", "erased since"));
        await store.PushAsync(_server);
        await store.PullAsync(_server);
        var erased = new ModelServer(TestModel.Schema);
        await store.Log.RecordHandshakeAsync(erased.Handshake, default);
        Assert.Null(await store.TakeAsync());
        await store.PullAsync(erased);
        Assert.Equal(0, await store.Notes().CountAsync());
    }

    [Fact]
    public async Task R43_A_replay_that_the_purged_journal_calls_stale_was_in_the_backup_and_is_no_dead_letter()
    {
        await using var store = await _folder.OpenAsync();
        await WriteAndRestoreAsync(store);
        await store.Log.RecordHandshakeAsync(_server.Handshake, default);
        // The last of them was never sent before.
        var first = (await store.TakeAsync())!;
        await store.Log.AcknowledgeAsync(
            [.. first.Operations.SkipLast(1).Select(static one => new OperationOutcome(new Outcome(one.Id, OutcomeKind.Rejected, 0, RejectionReason.StaleReplay), null))], 1, default);
        Assert.Equal(0, (await store.Log.DepthAsync(default)).DeadLetters);
    }

    [Theory]
    [InlineData(16, 1 << 20, 7.0, 16)]
    [InlineData(1_000, 65_536, 7.0, 210)]
    [InlineData(0, 65_536, 7.0, 0)]
    public async Task R43_I11_No_more_is_kept_than_the_options_say(int operations, int bytes, double days, int least)
    {
        await using var store = await SyncStore.OpenAsync(new SyncStoreOptions
        {
            DatabasePath = _folder.PathOf("app.db"),
            Schema = TestModel.Schema,
            KeptOperations = operations,
            KeptBytes = bytes,
            KeptFor = TimeSpan.FromDays(days),
        });
        await store.Log.RecordHandshakeAsync(_server.Handshake, default);
        for (var i = 0; i < 1_000; i++)
        {
            await store.Notes().PutAsync(new Note("n1", $"title {i}"));
            await store.PushAsync(_server);
            await store.PullAsync(_server);
        }

        var (kept, size) = store.Database.Read(static connection => (
            connection.Number("SELECT count(*) FROM kept")!.Value, connection.Number("SELECT ifnull(sum(length(payload)), 0) FROM kept")!.Value));
        Assert.InRange(kept, least * 14 / 16, Math.Max(operations, 0));
        Assert.InRange(size, 0, bytes);
        Assert.Equal(operations > 0, store.Database.Meta.ForgottenThrough > 0);
    }

    [Fact]
    public async Task R43_I11_What_is_older_than_the_options_say_is_kept_for_an_hour_more_at_most()
    {
        var time = new MovingTime();
        await using var store = await _folder.OpenAsync(time: time);
        await store.Log.RecordHandshakeAsync(_server.Handshake, default);
        for (var hours = 0; hours < 30 * 24; hours++)
        {
            await store.Notes().PutAsync(new Note("n1", $"title {hours}"));
            await store.PushAsync(_server);
            await store.PullAsync(_server);
            time.Advance(TimeSpan.FromHours(1));
        }

        Assert.InRange(store.Database.Read(static connection => connection.Number("SELECT count(*) FROM kept")!.Value), (7 * 24) - 1, (7 * 24) + 2);
    }

    /// <summary>Two operations that the backup has, four that it has not, of them two in a transaction, and one that was not sent.</summary>
    private async Task WriteAndRestoreAsync(SyncStore store)
    {
        await store.Log.RecordHandshakeAsync(_server.Handshake, default);
        await store.Notes().PutAsync(new Note("n1", "first"));
        await store.Notes().PatchAsync("n1", static patch => patch.Increment("minutes", 1));
        await SyncAsync();
        var backup = _server.Head;
        await store.Notes().PatchAsync("n1", static patch => patch.Set("title", "second").Increment("minutes", 2));
        await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n2", "of two"));
            tx.Put(store.Notes(), new Note("n3", "of two"));
        });
        await SyncAsync();
        await store.Notes().DeleteAsync("n3");
        await SyncAsync();
        await store.Notes().PatchAsync("n1", static patch => patch.Increment("minutes", 4));
        _server.SetBackTo(backup);

        async Task SyncAsync()
        {
            await store.PushAsync(_server);
            await store.PullAsync(_server);
        }
    }

    private static async Task<IReadOnlyList<string>> ShownAsync(SyncStore store)
    {
        var shown = new List<string>();
        await foreach (var note in store.Notes().ScanAsync()) shown.Add($"{note}");
        return shown;
    }

    private sealed class MovingTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);

        public void Advance(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
