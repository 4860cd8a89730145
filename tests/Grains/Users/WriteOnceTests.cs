using System.Text.Json.Nodes;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>I2 for server code: whatever happens on the way, a key takes effect once.</summary>
public abstract class WriteOnceTests(StoreKind kind) : ChangeLogTests(kind)
{
    private static readonly Action<SyncWrite> Increment =
        static write => write.Patch("tasks", "one", static patch => patch.Increment("minutes", 3));

    [Fact]
    public async Task I2_R44_A_repeated_key_answers_the_first_outcome_however_much_was_committed_since_and_whoever_owns_the_scope()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var first = await world.WrittenAsync("k", Increment);
        for (var i = 0; i < 5; i++)
        {
            await world.WrittenAsync($"other {i}", static write => write.Patch("tasks", "one", static patch => patch.Set("title", "x")));
            await world.DoneAsync(world.A, world.A.Set("one", "title", "\"y\""));
        }

        var head = (await world.StateAsync()).Head;
        Assert.Equal(first, await world.WrittenAsync("k", Increment));
        Assert.Equal(first, await world.WrittenAsync("k", Increment, world.NewLog()));
        Assert.Equal(first, await world.WrittenAsync("k", Increment));
        // The journal tells; no commit has to be refused first.
        Assert.Equal(head, world.Store.Asked.Count);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
        Assert.Equal(head, (await world.StateAsync()).Head);
    }

    [Fact]
    public async Task I2_R44_Writers_with_one_key_at_once_have_one_outcome_and_it_counts_once()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.B, world.B.Create("other"));
        await world.AskedAsync(2);
        // Two meet in one round; a third comes while it commits.
        var writes = new[] { world.WrittenAsync("k", Increment), world.WrittenAsync("k", Increment) };
        release();
        await blocker;
        var third = await world.WrittenAsync("k", Increment);

        foreach (var outcomes in await Task.WhenAll(writes)) Assert.Equal(third, outcomes);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
    }

    [Theory]
    [InlineData(nameof(CommitFault.UnknownCommitted))]
    [InlineData(nameof(CommitFault.UnknownLost))]
    [InlineData(nameof(CommitFault.Unavailable))]
    [InlineData(nameof(CommitFault.FencedBefore))]
    public async Task I2_R44_Whatever_a_commit_ends_in_a_write_counts_once(string fault)
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        world.Store.NextCommits(Enum.Parse<CommitFault>(fault));
        var first = await world.WrittenAsync("k", Increment);
        var again = await world.WrittenAsync("k", Increment);

        Assert.Equal(first, again);
        Assert.Equal(OutcomeKind.Applied, Assert.Single(first).Kind);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
        Assert.Equal(2, (await world.StateAsync()).Head);
    }

    [Fact]
    public async Task I2_R44_Two_owners_that_are_asked_with_one_key_at_once_count_it_once()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var other = world.NewLog(new LocalMerger(world.Scope, world.Store, world.Limits));
        var both = await Task.WhenAll(world.WrittenAsync("k", Increment), world.WrittenAsync("k", Increment, other));

        Assert.Equal(both[0], both[1]);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task I2_R44_A_key_with_other_content_is_refused_whole_and_leaves_nothing(bool atOnce)
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, TestDevice.Transaction(world.A.Create("one"), world.A.Create("two")));
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.B, world.B.Create("other"));
        await world.AskedAsync(2);
        Action<SyncWrite> two = static write => write.Patch("tasks", "one", static patch => patch.Increment("minutes"))
            .Patch("tasks", "two", static patch => patch.Increment("minutes"));
        var first = world.WrittenAsync("k", two);
        if (!atOnce)
        {
            release();
            await first;
        }

        // One operation less, one more, another amount, another expectation: none is the same write.
        var others = new Action<SyncWrite>[]
        {
            static write => write.Patch("tasks", "one", static patch => patch.Increment("minutes")),
            write =>
            {
                two(write);
                write.Put("tasks", "three", new JsonObject());
            },
            static write => write.Patch("tasks", "one", static patch => patch.Increment("minutes", 2))
                .Patch("tasks", "two", static patch => patch.Increment("minutes")),
            static write => write.Patch("tasks", "one", static patch => patch.Increment("minutes"), expected: 1)
                .Patch("tasks", "two", static patch => patch.Increment("minutes")),
        }.Select(other => world.WrittenAsync("k", other));
        var asked = new List<Task<Outcome[]>>();
        foreach (var other in others)
        {
            asked.Add(other);
            // One by one it is the journal alone that tells, and not another of them under way.
            if (!atOnce) await other;
        }

        if (atOnce) release();
        await blocker;

        foreach (var outcomes in await Task.WhenAll(asked))
        {
            Assert.All(outcomes, static outcome =>
                Assert.Equal((RejectionReason.OperationReused, 0L), (outcome.Reason, outcome.Sequence)));
        }

        Assert.All(await first, static outcome => Assert.Equal(OutcomeKind.Applied, outcome.Kind));
        Assert.Equal((1, 1), (await world.CounterAsync("one", "minutes"), await world.CounterAsync("two", "minutes")));
        Assert.Null(await world.RowAsync("three"));
        Assert.Equal(3, (await world.StateAsync()).Head);
        Assert.Equal(5, world.Store.Committed.Sum(static commit => commit.Operations.Length));
    }
}

public sealed class WriteOnceOnMemoryTests() : WriteOnceTests(StoreKind.Memory);

public sealed class WriteOnceOnSqliteTests() : WriteOnceTests(StoreKind.Sqlite);

public sealed class WriteOnceOnPostgresTests() : WriteOnceTests(StoreKind.Postgres);
