using OrleansSync.Client.Store;
using OrleansSync.Client.Tests.Wire;

namespace OrleansSync.Client.Tests.Store;

public sealed class GroupCommitTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Concurrent_writers_all_succeed_and_each_sees_its_own_write_when_it_returns()
    {
        await using var store = await _folder.OpenAsync();
        var notes = store.Notes();
        await notes.PutAsync(new Note("sum", "s"));

        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                await notes.PutAsync(new Note($"w{writer}-{i}", "x"));
                Assert.NotNull(await notes.FindAsync($"w{writer}-{i}"));
                await notes.PatchAsync("sum", patch => patch.Increment("minutes"));
            }
        })));

        Assert.Equal(401, await notes.CountAsync());
        Assert.Equal(400, (await notes.FindAsync("sum"))!.Minutes);
        Assert.Equal(Enumerable.Range(1, 801).Select(counter => (long)counter), (await store.LogAsync()).Select(one => one.Counter));
    }

    [Fact]
    public async Task Writes_that_wait_together_share_a_commit_and_a_failing_one_takes_only_itself_back()
    {
        await using var store = await _folder.OpenAsync();
        var commits = 0;
        store.Database.Changed += _ => commits++;
        using var held = await HeldWriter.StartAsync(store, tx => tx.Put(store.Notes(), new Note("first", "a")));
        var writes = Enumerable.Range(0, 20).Select(i => store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note($"n{i}", "a"));
            if (i % 5 == 0) throw new InvalidDataException($"{i}");
        })).ToArray();
        await held.ReleaseAsync();
        foreach (var (write, i) in writes.Select((write, i) => (write, i)))
        {
            if (i % 5 == 0) Assert.Equal($"{i}", (await Assert.ThrowsAsync<InvalidDataException>(() => write)).Message);
            else Assert.Single((await write).Operations);
        }

        Assert.Equal(17, await store.Notes().CountAsync());
        // Timestamps have no gaps: a failed write's was never given out.
        Assert.Equal(Enumerable.Range(1, 17).Select(counter => (long)counter), (await store.LogAsync()).Select(one => one.Counter));
        Assert.Equal(2, commits);
    }

    [Fact]
    public async Task A_write_that_fails_half_way_leaves_nothing_and_its_neighbours_are_made_once()
    {
        await using var store = await _folder.OpenAsync();
        using var held = await HeldWriter.StartAsync(store);
        var before = store.TransactionAsync(tx => tx.Put(store.Notes(), new Note("before", "a")));
        var refused = store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("refused", "a"));
            throw new InvalidDataException("before it wrote");
        });
        var failing = store.Database.RunAsync<bool>(
            context =>
            {
                context.Connection.Execute("DELETE FROM entities");
                context.NoteAnyChanged();
                throw new InvalidDataException("half way");
            },
            CancellationToken.None);
        var after = store.TransactionAsync(tx => tx.Put(store.Notes(), new Note("after", "a")));
        await held.ReleaseAsync();

        Assert.Equal("half way", (await Assert.ThrowsAsync<InvalidDataException>(() => failing)).Message);
        Assert.Equal("before it wrote", (await Assert.ThrowsAsync<InvalidDataException>(() => refused)).Message);
        Assert.Single((await before).Operations);
        Assert.Single((await after).Operations);
        Assert.NotNull(await store.Notes().FindAsync("before"));
        Assert.NotNull(await store.Notes().FindAsync("after"));
        Assert.Equal([1L, 2L], (await store.LogAsync()).Select(static one => one.Counter));
    }

    [Fact]
    public async Task A_listener_that_fails_takes_neither_the_write_nor_the_writer_with_it_and_is_told_of()
    {
        var logs = new RecordingLoggers();
        await using var store = await _folder.OpenAsync(loggers: logs);
        store.Database.Appended += () => throw new InvalidOperationException("as told");

        await store.Notes().PutAsync(new Note("n1", "a")).WaitAsync(TimeSpan.FromSeconds(30));
        await store.Notes().PutAsync(new Note("n2", "b")).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, await store.Notes().CountAsync());
        Assert.Equal(2, logs.Count(1110));
    }

    [Fact]
    public async Task A_write_cancelled_before_its_turn_is_not_made()
    {
        await using var store = await _folder.OpenAsync();
        using var held = await HeldWriter.StartAsync(store);
        using var cancellation = new CancellationTokenSource();
        var write = store.Notes().PutAsync(new Note("n1", "a"), cancellation.Token);

        await cancellation.CancelAsync();
        await held.ReleaseAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Assert.Empty(await store.LogAsync());
    }

    /// <summary>A store whose writer is in a transaction until it is told to go on: what is written meanwhile waits together.</summary>
    private sealed class HeldWriter : IDisposable
    {
        private readonly ManualResetEventSlim _gate = new();
        private Task _holding = Task.CompletedTask;

        public static async Task<HeldWriter> StartAsync(SyncStore store, Action<SyncTransaction>? atLast = null)
        {
            var held = new HeldWriter();
            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            held._holding = store.TransactionAsync(tx =>
            {
                entered.SetResult();
                held._gate.Wait();
                atLast?.Invoke(tx);
            });
            await entered.Task;
            return held;
        }

        public Task ReleaseAsync()
        {
            _gate.Set();
            return _holding;
        }

        public void Dispose() => _gate.Dispose();
    }
}
