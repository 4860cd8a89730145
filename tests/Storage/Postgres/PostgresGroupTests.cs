using Npgsql;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Postgres.Writing;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Postgres;

/// <summary>Rounds that share a statement. With one flusher, a foreign lock holds it until all of them have queued.</summary>
public sealed class PostgresGroupTests : IAsyncLifetime
{
    private PostgresFolder _folder = null!;

    public async Task InitializeAsync() => _folder = await PostgresFolder.CreateAsync();

    public async Task DisposeAsync() => await _folder.DisposeAsync();

    [Fact]
    public async Task Rounds_that_queue_while_one_is_written_share_the_next_statement()
    {
        await using var store = OpenWithOneFlusher();
        var owners = await OwnersAsync(store, 50);
        var commits = await QueuedAsync(store, () => owners.Select(owner => owner.TryCommitAsync(RoundOf(owner, "a"))));

        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(CommitResult.Committed, result));
        // One transaction has one time.
        Assert.Equal(1L, await AskAsync("SELECT count(DISTINCT at) FROM operations"));
    }

    /// <summary>Scenario 5 of the design: stale, locked and poison scopes beside healthy ones.</summary>
    [Fact]
    public async Task I2_I7_Stale_locked_and_poison_rounds_leave_the_healthy_ones_beside_them_committed()
    {
        await using var store = OpenWithOneFlusher();
        var owners = await OwnersAsync(store, 40);
        var locked = owners.Where((_, i) => KindOf(i) == 4).ToArray();
        foreach (var owner in owners) await owner.CommitAsync(RoundOf(owner, "a"));
        foreach (var (i, owner) in owners.Index())
        {
            if (KindOf(i) == 1) await store.ClaimAsync(owner.Scope, default);
        }

        await using var foreign = await ForeignTransaction.BeginAsync(_folder);
        foreach (var owner in locked) await foreign.LockScopeAsync(owner.Scope.Value);
        var commits = await QueuedAsync(store, () => owners.Select((owner, i) => owner.TryCommitAsync(KindOf(i) switch
        {
            2 => owner.Round(owner.Put("a", "2") with { Expected = 7 }),
            3 => owner.Round(owner.Put("poison", "not json"), owner.Put("b")),
            _ => RoundOf(owner, "b"),
        })));
        await Task.WhenAll(commits.Where((_, i) => KindOf(i) != 4));
        // What is locked has been left out three times by now, and waits by itself.
        await foreign.UntilSomebodyWaitsAsync();
        Assert.All(commits.Where((_, i) => KindOf(i) == 4).Skip(1), commit => Assert.False(commit.IsCompleted));
        await foreign.DisposeAsync();

        var results = await Task.WhenAll(commits);
        foreach (var (i, owner) in owners.Index())
        {
            var expected = KindOf(i) switch { 1 or 2 => CommitResult.Refused, 3 => CommitResult.Unstorable, _ => CommitResult.Committed };
            var page = (await store.ReadChangesAsync(new ChangeQuery { Scope = owner.Scope, After = ChangePosition.AfterSequence(0) }, default))!;
            Assert.Equal(expected, results[i]);
            Assert.Equal(expected == CommitResult.Committed ? (2L, 2) : (1L, 1), (page.State.Head, page.Rows.Length));
        }

        Assert.All(_folder.Complaints, complaint => Assert.Matches("^410[56]", complaint));

        static int KindOf(int i) => i % 8;
    }

    /// <summary>Npgsql takes a statement whose first run fails for prepared, and stumbles over its rows the second time.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_statement_whose_first_run_fails_is_as_good_as_new_for_the_next_commit(bool alone)
    {
        await using var store = _folder.Open(_folder.Options with { Flushers = 1, HasSingleStatement = alone });
        var owners = await OwnersAsync(store, 2);

        var poison = owners[0].Round(owners[0].Put("poison", "not json"));
        Assert.Equal(CommitResult.Unstorable, await owners[0].TryCommitAsync(poison));
        Assert.Equal(CommitResult.Committed, await owners[1].TryCommitAsync(RoundOf(owners[1], "a")));

        Assert.All(_folder.Complaints, complaint => Assert.Matches("^410[56]", complaint));
    }

    [Fact]
    public async Task A_round_of_a_locked_scope_is_left_out_before_it_waits_in_the_statement_that_waits()
    {
        await using var store = OpenWithOneFlusher();
        var owner = (await OwnersAsync(store, 1))[0];
        await using var foreign = await ForeignTransaction.BeginAsync(_folder);
        await foreign.LockScopeAsync(owner.Scope.Value);

        var commit = owner.TryCommitAsync(RoundOf(owner, "a"));
        var backend = await foreign.UntilSomebodyWaitsAsync();
        // The database shows the first 1,023 bytes.
        var waiting = Assert.IsType<string>(await AskAsync($"SELECT query FROM pg_stat_activity WHERE pid = {backend}"));
        Assert.StartsWith(waiting, CommitSql.Alone, StringComparison.Ordinal);
        await foreign.DisposeAsync();

        Assert.Equal(CommitResult.Committed, await commit);
    }

    [Fact]
    public async Task A_lock_that_is_held_too_long_makes_the_round_unavailable_and_it_commits_when_sent_again()
    {
        await using var store = _folder.Open(_folder.Options with { LockTimeout = TimeSpan.FromSeconds(1) });
        var owner = (await OwnersAsync(store, 1))[0];
        await using (var foreign = await ForeignTransaction.BeginAsync(_folder))
        {
            await foreign.LockScopeAsync(owner.Scope.Value);
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => owner.TryCommitAsync(RoundOf(owner, "a")));
            Assert.Equal(PostgresErrorCodes.LockNotAvailable, Assert.IsType<PostgresException>(fault.InnerException).SqlState);
        }

        await owner.CommitAsync(RoundOf(owner, "a"));
    }

    [Fact]
    public async Task I11_Past_the_bound_of_the_queue_a_commit_is_refused_at_once_and_the_others_commit()
    {
        await using var store = _folder.Open(_folder.Options with { Flushers = 1, QueuedCommits = 5 });
        var owners = await OwnersAsync(store, 12);
        var commits = await QueuedAsync(store, () => owners.Select(owner => owner.TryCommitAsync(RoundOf(owner, "a"))));

        var refused = commits.Count(commit => commit.IsFaulted);
        Assert.Equal(owners.Length - 5, refused);
        foreach (var commit in commits)
        {
            if (commit.IsFaulted) await Assert.ThrowsAsync<StoreUnavailableException>(() => commit);
            else Assert.Equal(CommitResult.Committed, await commit);
        }
    }

    /// <summary>Two silos' stores on the same scopes, with claims and foreign locks between: nothing deadlocks or is done twice.</summary>
    [Theory]
    [InlineData(1)]
    public async Task I5_I7_Rival_stores_with_claims_and_locks_between_leave_histories_without_gaps(int seed)
    {
        const int Scopes = 24;
        const int Turns = 60;
        await using var one = _folder.Open(_folder.Options with { Flushers = 2, GroupCommits = 7 });
        await using var other = _folder.Open(_folder.Options with { Flushers = 2, GroupCommits = 7 });
        var committed = new int[Scopes];
        await Task.WhenAll(Enumerable.Range(0, Scopes * 2).Select(lane => Task.Run(async () =>
        {
            var random = new Random(seed * 1000 + lane);
            var scope = ScopeId.ForUser($"rival{lane % Scopes}");
            var store = lane < Scopes ? one : other;
            var owner = await Owner.ClaimAsync(store, scope);
            for (var turn = 0; turn < Turns; turn++)
            {
                if (random.Next(12) == 0)
                {
                    await using var foreign = await ForeignTransaction.BeginAsync(_folder);
                    await foreign.LockScopeAsync(scope.Value);
                }

                var result = await owner.TryCommitAsync(owner.Round() with { Operations = [owner.Entry(), owner.Entry()] });
                if (result == CommitResult.Committed) Interlocked.Increment(ref committed[lane % Scopes]);
                else owner = await Owner.ClaimAsync(store, scope);
            }
        })));

        for (var i = 0; i < Scopes; i++)
        {
            var scope = ScopeId.ForUser($"rival{i}");
            var device = new Replica();
            var page = await device.PullAsync(one, new ChangeQuery { Scope = scope, After = ChangePosition.AfterSequence(0), Device = Owner.Phone });
            Assert.Equal(committed[i], page.State.Head);
            var expected = Enumerable.Range(1, committed[i]).SelectMany(sequence => new long[] { sequence, sequence });
            Assert.Equal(expected, device.Outcomes.Select(outcome => outcome.Sequence));
        }

        Assert.Empty(_folder.Complaints);
    }

    private PostgresStore OpenWithOneFlusher() => _folder.Open(_folder.Options with { Flushers = 1, CommandTimeout = TimeSpan.FromMinutes(1) });

    private static ScopeCommit RoundOf(Owner owner, string id) => owner.Round(owner.Put(id));

    private static async Task<Owner[]> OwnersAsync(ISyncStore store, int count)
    {
        var owners = new Owner[count];
        for (var i = 0; i < count; i++) owners[i] = await Owner.ClaimAsync(store, ScopeId.ForUser($"u{i}"));
        return owners;
    }

    /// <summary>Starts commits while the flusher waits for a lock on a device's row, so that they all queue.</summary>
    private async Task<Task<CommitResult>[]> QueuedAsync(ISyncStore store, Func<IEnumerable<Task<CommitResult>>> start)
    {
        var blocked = await Owner.ClaimAsync(store, ScopeId.ForUser("blocked"));
        await using var foreign = await ForeignTransaction.BeginAsync(_folder);
        await foreign.ExecuteAsync(
            "SELECT d.counter FROM devices d JOIN scopes s ON s.id = d.scope WHERE s.scope = 'user/blocked' FOR UPDATE OF d");
        var first = blocked.TryCommitAsync(blocked.Round());
        await foreign.UntilSomebodyWaitsAsync();
        Task<CommitResult>[] commits = [.. start()];
        await foreign.DisposeAsync();
        Assert.Equal(CommitResult.Committed, await first);
        return commits;
    }

    private async Task<object?> AskAsync(string sql)
    {
        await using var foreign = await ForeignTransaction.BeginAsync(_folder);
        return await foreign.ExecuteAsync(sql);
    }
}
