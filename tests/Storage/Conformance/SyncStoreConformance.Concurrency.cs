using System.Collections.Concurrent;
using CsCheck;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    private static int _scopes;

    [Fact]
    public async Task One_scopes_refusal_or_unstorable_value_leaves_the_others_committed()
    {
        var owners = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => OwnerAsync(ScopeId.ForUser($"u{i}"))));
        foreach (var owner in owners) await owner.CommitAsync(owner.Put("a", "\"before\""));

        var results = await Task.WhenAll(owners.Select((owner, i) => Task.Run(() =>
        {
            var good = owner.Round(owner.Put("a", "\"after\""), owner.Put("b")) with { Operations = [owner.Entry()] };
            return owner.TryCommitAsync((i % 6) switch
            {
                1 => good with { Epoch = good.Epoch - 1 },
                2 => good with { Rows = [good.Rows[1], good.Rows[0] with { Expected = 0 }] },
                3 => good with { Operations = [good.Operations[0], good.Operations[0]] },
                4 => good with { Rows = [.. good.Rows, owner.Put("\uD800")] },
                _ => good,
            });
        })));

        foreach (var (owner, i) in owners.Zip(Enumerable.Range(0, 60)))
        {
            var expected = (i % 6) switch { 0 or 5 => CommitResult.Committed, 4 => CommitResult.Unstorable, _ => CommitResult.Refused };
            Assert.Equal((i, expected), (i, results[i]));
            var committed = expected == CommitResult.Committed;
            var page = await PageAsync(FromStart(owner.Scope) with { Device = Owner.Phone });
            Assert.Equal(committed ? (2, 2) : (1, 1), (page.State.Head, page.Outcomes.Length));
            Assert.Equal(committed ? ["\"after\"", "1"] : ["\"before\""], page.Rows.Select(Make.ValueOf));
        }
    }

    /// <summary>
    /// Rival owners of a few scopes claim and commit at random, with operations that several of them try. What the store
    /// has answered must fit one history: I2 each operation at most once, I5 no gap, I7 nothing of an epoch lands behind
    /// a later claim.
    /// </summary>
    [Fact]
    public Task I2_I5_I7_Rival_owners_leave_one_history_without_gaps_or_doubles() =>
        Gen.Int[0, int.MaxValue].SampleAsync(RivalsAsync, iter: RivalHistories, threads: 1);

    /// <summary>A file store makes fewer: each costs fsyncs.</summary>
    protected virtual int RivalHistories => 30;

    private async Task RivalsAsync(int seed)
    {
        var scopes = Enumerable.Range(0, 3).Select(_ => ScopeId.ForUser($"s{Interlocked.Increment(ref _scopes)}")).ToArray();
        foreach (var scope in scopes) await Store.RegisterDeviceAsync(scope, Owner.Phone, Make.Session(1), 1, default);
        var operations = Enumerable.Range(0, 60).Select(_ => Make.OperationId()).ToArray();
        var claims = new ConcurrentBag<(ScopeId Scope, ScopeState State)>();
        var commits = new ConcurrentBag<ScopeCommit>();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(rival => Task.Run(async () =>
        {
            var random = new Random(HashCode.Combine(seed, rival));
            var nothing = new ScopeClaim(new ScopeState(0, 0, default, 0, default, 0), [], []);
            var owners = scopes.Select(scope => new Owner(Store, scope, nothing)).ToArray();
            for (var turn = 0; turn < 40; turn++)
            {
                // A store that never waits would let each rival run to its end before the next begins.
                await Task.Yield();
                var owner = owners[random.Next(owners.Length)];
                if (random.Next(5) == 0)
                {
                    var claim = await Store.ClaimAsync(owner.Scope, default);
                    claims.Add((owner.Scope, claim.State));
                    (owner.Epoch, owner.Head) = (claim.State.Epoch, claim.State.Head);
                    continue;
                }

                if (random.Next(8) == 0) owner.Head += random.Next(-1, 2);
                if (owner.Head < 0) owner.Head = 0;
                var picked = Enumerable.Range(0, random.Next(1, 4)).Select(_ => operations[random.Next(operations.Length)]).Distinct();
                var commit = owner.Round(owner.Put($"new{seed}-{rival}-{turn}") with { Expected = 0 })
                    with
                { Operations = [.. picked.Select(id => owner.Entry(id))] };
                if (await owner.TryCommitAsync(commit) == CommitResult.Committed) commits.Add(commit);
            }
        })));

        foreach (var scope in scopes)
        {
            var mine = commits.Where(commit => commit.Scope == scope).OrderBy(commit => commit.Sequence).ToList();
            var pulled = new Replica();
            var page = await pulled.PullAsync(Store, FromStart(scope) with { Device = Owner.Phone, MaxRows = 7 });

            Assert.Equal(Enumerable.Range(1, mine.Count).Select(n => (long)n), mine.Select(commit => commit.Sequence));
            Assert.Equal(mine.Count, page.State.Head);
            Assert.Equal(mine.LastOrDefault()?.CommitId ?? Guid.Empty, page.State.LastCommit);
            Assert.Equal(mine.SelectMany(commit => commit.Rows.Select(change => change.Row.Key)).ToHashSet(), pulled.Rows.Keys.ToHashSet());
            var expected = mine.SelectMany(commit => commit.Operations.Select(entry => (entry.Operation, entry.Sequence))).ToList();
            Assert.Equal(expected.Count, expected.DistinctBy(x => x.Operation).Count());
            Assert.Equal(expected.ToHashSet(), pulled.Outcomes.Select(outcome => (outcome.Operation, outcome.Sequence)).ToHashSet());
            Assert.Equal(expected.Count, pulled.Outcomes.Count);

            foreach (var claim in claims.Where(claim => claim.Scope == scope))
            {
                var earlier = mine.Where(commit => commit.Epoch < claim.State.Epoch);
                Assert.All(earlier, commit => Assert.True(commit.Sequence <= claim.State.Head, $"landed behind a claim; seed {seed}"));
            }

            var epochs = claims.Where(claim => claim.Scope == scope).Select(claim => claim.State.Epoch).ToList();
            Assert.Equal(epochs.Count, epochs.Distinct().Count());
        }
    }

    /// <summary>
    /// A writer changes pairs of entities, both of a pair in one commit, while a device pages through. Wherever the device
    /// reaches a complete page, it holds exactly the state at that page's head, so no pair is torn, and all outcomes up to it.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task I5_I6_A_complete_page_set_read_beside_a_writer_is_the_state_at_its_head(int seed)
    {
        const int Pairs = 8;
        const int Commits = 250;
        var owner = await OwnerAsync();
        var history = new ConcurrentDictionary<long, int[]>();
        var values = new int[Pairs];
        history[0] = [.. values];
        var random = new Random(seed);
        // A commit for each page, so that the two stay beside each other however the threads are scheduled.
        using var pagesRead = new SemaphoreSlim(0);

        var writing = Task.Run(async () =>
        {
            for (var n = 1; n <= Commits; n++)
            {
                await pagesRead.WaitAsync();
                var pairs = Enumerable.Range(0, Pairs).Where(_ => random.Next(8) == 0).ToList();
                foreach (var pair in pairs) values[pair] = n;
                // Before the commit: a reader may see the head before the writer hears of it.
                history[owner.Head + 1] = [.. values];
                var rows = pairs.SelectMany(pair => new[] { owner.Put($"{pair}-a", $"{n}"), owner.Put($"{pair}-b", $"{n}") });
                await owner.CommitAsync(owner.Round([.. rows]) with { Operations = [owner.Entry()] });
            }
        });

        var device = new Replica();
        var query = FromStart() with { Device = Owner.Phone };
        var complete = 0;
        long head;
        do
        {
            var last = writing.IsCompleted;
            var page = await PageAsync(query with { MaxRows = Random.Shared.Next(1, 6), MaxOutcomes = Random.Shared.Next(1, 6) });
            pagesRead.Release();
            device.Apply(page);
            query = query with { After = page.Next, OutcomesAfter = page.Through };
            head = page.State.Head;
            if (!page.Complete) continue;

            complete++;
            for (var pair = 0; pair < Pairs; pair++)
            {
                var expected = history[head][pair];
                Assert.Equal((head, expected, expected), (head, Value(device, $"{pair}-a"), Value(device, $"{pair}-b")));
            }

            Assert.Equal(Enumerable.Range(1, (int)head).Select(n => (long)n), device.Outcomes.Select(outcome => outcome.Sequence));
            if (last) break;
        }
        while (true);

        await writing;
        Assert.Equal((Commits, true), (head, complete > 1));
    }

    private static int Value(Replica replica, string id) =>
        replica.Rows.TryGetValue(new EntityKey("notes", id), out var row) ? int.Parse(Make.ValueOf(row)) : 0;
}
