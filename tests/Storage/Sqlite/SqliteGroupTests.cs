using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Sqlite;

/// <summary>Rounds that share a transaction. A foreign lock holds the writer until all of them have queued.</summary>
public sealed class SqliteGroupTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rounds_that_queue_while_one_is_written_share_the_next_transaction()
    {
        // Each group asks for the time once, and each answer is another: the journal tells the groups apart.
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };
        await using var store = _folder.Open(_folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1) }, time);
        var owners = await OwnersAsync(store, 50);
        Task<CommitResult>[] commits;
        using (new ForeignLock(_folder.Path))
        {
            commits = [.. owners.Select(owner => owner.TryCommitAsync(owner.Round(owner.Put("a")) with { Operations = [owner.Entry()] }))];
        }

        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(CommitResult.Committed, result));
        Assert.InRange(int.Parse(Ask("SELECT count(DISTINCT at) FROM operations")), 1, 2);
    }

    [Fact]
    public async Task A_value_that_sqlite_refuses_makes_only_its_round_unstorable()
    {
        await using var store = _folder.Open(_folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1) });
        var owners = await OwnersAsync(store, 30);
        Task<CommitResult>[] commits;
        using (var other = new ForeignLock(_folder.Path))
        {
            other.Execute(
                "CREATE TRIGGER poison BEFORE INSERT ON entities WHEN new.id = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END");
            commits = [.. owners.Select((owner, i) => owner.TryCommitAsync(
                owner.Round(owner.Put("a"), owner.Put(i % 3 == 1 ? "poison" : "b")) with { Operations = [owner.Entry()] }))];
            other.Commit();
        }

        var results = await Task.WhenAll(commits);
        foreach (var (owner, i) in owners.Select((owner, i) => (owner, i)))
        {
            Assert.Equal(i % 3 == 1 ? CommitResult.Unstorable : CommitResult.Committed, results[i]);
            var page = (await store.ReadChangesAsync(Query(owner.Scope), default))!;
            Assert.Equal(i % 3 == 1 ? (0L, 0) : (1L, 2), (page.State.Head, page.Rows.Length));
        }

        Assert.All(_folder.Complaints, complaint => Assert.StartsWith("4006", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_round_that_is_refused_after_it_has_written_takes_none_of_its_group_with_it()
    {
        await using var store = _folder.Open(_folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1) });
        var owners = await OwnersAsync(store, 30);
        foreach (var owner in owners) await owner.CommitAsync(owner.Put("there"));
        Task<CommitResult>[] commits;
        using (new ForeignLock(_folder.Path))
        {
            // Every third one has put one row when it finds the other there already; every third names an epoch that is gone.
            commits = [.. owners.Select((owner, i) => owner.TryCommitAsync((i % 3) switch
            {
                0 => owner.Round(owner.Put("a"), owner.Put("b")),
                1 => owner.Round(owner.Put("a"), owner.Put("there") with { Expected = 0 }),
                _ => owner.Round(owner.Put("a")) with { Epoch = owner.Epoch - 1 },
            }))];
        }

        var results = await Task.WhenAll(commits);
        foreach (var (owner, i) in owners.Select((owner, i) => (owner, i)))
        {
            Assert.Equal(i % 3 == 0 ? CommitResult.Committed : CommitResult.Refused, results[i]);
            var page = (await store.ReadChangesAsync(Query(owner.Scope), default))!;
            Assert.Equal(i % 3 == 0 ? (2L, 3) : (1L, 1), (page.State.Head, page.Rows.Length));
        }

        Assert.Empty(_folder.Complaints);
    }

    [Fact]
    public async Task Writes_of_one_scope_keep_their_order_however_they_queue()
    {
        await using var store = _folder.Open(_folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1) });
        var owner = (await OwnersAsync(store, 1))[0];
        Task<CommitResult> before, after;
        Task<ScopeClaim> claim;
        using (new ForeignLock(_folder.Path))
        {
            before = store.CommitAsync(owner.Round(owner.Put("a")), default);
            claim = store.ClaimAsync(owner.Scope, default);
            after = store.CommitAsync(owner.Round(owner.Put("b")) with { CommitId = Guid.NewGuid() }, default);
        }

        Assert.Equal(CommitResult.Committed, await before);
        Assert.Equal((owner.Epoch + 1, 1), ((await claim).State.Epoch, (await claim).State.Head));
        Assert.Equal(CommitResult.Refused, await after);
    }

    [Fact]
    public async Task A_round_cancelled_before_the_writer_takes_it_never_happens_and_one_it_has_taken_is_awaited()
    {
        await using var store = _folder.Open(_folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1) });
        var owner = (await OwnersAsync(store, 1))[0];
        using var cancellation = new CancellationTokenSource();
        Task<CommitResult> first, second;
        using (new ForeignLock(_folder.Path))
        {
            first = store.CommitAsync(owner.Round(owner.Put("a")), default);
            // The second of a scope waits for the next transaction, whatever the threads do.
            second = store.CommitAsync(owner.Round(owner.Put("b")), cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        }

        Assert.Equal(CommitResult.Committed, await first);
        // Cancelled at any moment, a round is either told as cancelled and absent, or committed.
        owner.Head = 1;
        for (var i = 0; i < 100; i++)
        {
            using var soon = new CancellationTokenSource();
            var commit = store.CommitAsync(owner.Round(owner.Put($"{i}")), soon.Token);
            if (i % 2 == 0) await Task.Yield();
            await soon.CancelAsync();
            try
            {
                Assert.Equal(CommitResult.Committed, await commit);
                owner.Head++;
            }
            catch (OperationCanceledException)
            {
                // Told as not happened; the head, compared below, is the proof.
            }

            Assert.Equal(owner.Head, (await store.ClaimAsync(owner.Scope, default)).State.Head);
            owner.Epoch++;
        }
    }

    [Fact]
    public async Task I11_Past_the_bound_of_the_queue_a_write_is_refused_at_once_and_the_others_commit()
    {
        var options = _folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1), QueuedWrites = 4, GroupWrites = 1 };
        await using var store = _folder.Open(options);
        var owners = await OwnersAsync(store, 20);
        Task<CommitResult>[] commits;
        using (new ForeignLock(_folder.Path))
        {
            commits = [.. owners.Select(owner => owner.TryCommitAsync(owner.Round(owner.Put("a"))))];
            // One is with the writer, four wait; the rest have their answer while the lock is held.
            var refused = commits.Where(commit => commit.IsFaulted).ToList();
            Assert.InRange(refused.Count, 15, 16);
            foreach (var commit in refused) await Assert.ThrowsAsync<StoreUnavailableException>(() => commit);
        }

        foreach (var (owner, commit) in owners.Zip(commits))
        {
            var committed = !commit.IsFaulted && await commit == CommitResult.Committed;
            Assert.Equal(committed ? 1 : 0, (await store.ReadScopeAsync(owner.Scope, default))!.Head);
        }
    }

    [Fact]
    public async Task I11_The_queue_is_bounded_by_rows_too_and_a_larger_round_still_gets_through_alone()
    {
        var options = _folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1), QueuedRows = 10, GroupWrites = 1 };
        await using var store = _folder.Open(options);
        var owners = await OwnersAsync(store, 6);
        Task<CommitResult>[] commits;
        using (new ForeignLock(_folder.Path))
        {
            commits = [.. owners.Select(owner => owner.TryCommitAsync(owner.Round(Rows(owner, 8))))];
            Assert.InRange(commits.Count(commit => commit.IsFaulted), 4, 5);
        }

        foreach (var commit in commits.Where(commit => commit.IsFaulted)) await Assert.ThrowsAsync<StoreUnavailableException>(() => commit);
        await Task.WhenAll(commits.Where(commit => !commit.IsFaulted));
        var last = owners[^1];
        await last.CommitAsync(Rows(last, 30));

        static RowChange[] Rows(Owner owner, int count) => [.. Enumerable.Range(0, count).Select(i => owner.Put($"{i}"))];
    }

    [Fact]
    public async Task Closing_writes_what_has_queued_and_refuses_what_comes_later()
    {
        var store = _folder.Open(_folder.Options with { BusyTimeout = TimeSpan.FromMinutes(1) });
        var owners = await OwnersAsync(store, 20);
        Task<CommitResult>[] commits;
        ValueTask closing;
        using (new ForeignLock(_folder.Path))
        {
            commits = [.. owners.Select(owner => owner.TryCommitAsync(owner.Round(owner.Put("a"))))];
            closing = store.DisposeAsync();
        }

        await closing;
        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(CommitResult.Committed, result));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ClaimAsync(owners[0].Scope, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReadScopeAsync(owners[0].Scope, default));
        Assert.Equal("20", Ask("SELECT count(*) FROM entities"));
    }

    [Fact]
    public async Task A_lock_that_is_not_let_go_of_makes_the_store_unavailable_and_nothing_is_changed()
    {
        await using var store = _folder.Open(_folder.Options with { BusyTimeout = TimeSpan.FromMilliseconds(20) });
        var owner = (await OwnersAsync(store, 1))[0];
        using (new ForeignLock(_folder.Path))
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => owner.TryCommitAsync(owner.Round(owner.Put("a"))));
            Assert.Equal(0, (await store.ReadScopeAsync(owner.Scope, default))!.Head);
        }

        await owner.CommitAsync(owner.Put("a"));
    }

    private static ChangeQuery Query(ScopeId scope) => new() { Scope = scope, After = ChangePosition.AfterSequence(0) };

    private static async Task<Owner[]> OwnersAsync(ISyncStore store, int count)
    {
        // One after the other, which also passes where the queue is short.
        var owners = new Owner[count];
        for (var i = 0; i < count; i++) owners[i] = await Owner.ClaimAsync(store, ScopeId.ForUser($"u{i}"));
        return owners;
    }

    private string Ask(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar()) ?? "";
    }
}
