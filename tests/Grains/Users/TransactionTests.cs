using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>I6, and what a refusal takes with it.</summary>
public abstract class TransactionTests(StoreKind kind) : ChangeLogTests(kind)
{
    [Fact]
    public async Task I6_A_transaction_with_a_refused_operation_has_no_effect()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var outcomes = await world.DoneAsync(world.A, TestDevice.Transaction(
            world.A.Increment("one", "minutes", 3), world.A.Create("two"), world.A.UpdateOfGone("gone")));

        Assert.Equal(
            [RejectionReason.TransactionRejected, RejectionReason.TransactionRejected, RejectionReason.EntityGone],
            outcomes.Select(outcome => outcome.Reason));
        Assert.Equal(0, await world.CounterAsync("one", "minutes"));
        Assert.Null(await world.RowAsync("two"));
        Assert.Equal(2, (await world.StateAsync()).Head);
    }

    [Fact]
    public async Task I6_A_transaction_commits_under_one_sequence()
    {
        var world = await NewWorldAsync(Limits.Default with { RoundOperations = 4 });
        var operations = TestDevice.Transaction([.. Enumerable.Range(0, 20).Select(i => world.A.Create($"n{i}"))]);
        var outcomes = await world.DoneAsync(world.A, operations);

        Assert.All(outcomes, outcome => Assert.Equal(1, outcome.Sequence));
        Assert.Equal(20, Assert.Single(world.Store.Committed).Rows.Length);
    }

    [Fact]
    public async Task What_an_excluded_operation_staged_is_dropped_and_never_promoted()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        await world.DoneAsync(world.A, TestDevice.Transaction(world.A.Increment("one", "minutes", 3), world.A.UpdateOfGone("gone")));
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 4));

        Assert.Equal(4, await world.CounterAsync("one", "minutes"));
        var again = world.Merger.Calls.Where(call => call.Entity.Id == "one" && call.Request.Sequence == 2).ToArray();
        Assert.Equal([1, 2], again.Select(call => call.Request.Attempt));
        Assert.Empty(again[1].Request.Operations);
    }

    [Fact]
    public async Task A_refused_operation_refuses_its_followers_in_the_batch_and_their_transactions()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.B, world.B.Create("other"));
        var refused = world.A.UpdateOfGone("gone");
        var follower = TestDevice.Transaction(world.A.Create("gone"), world.A.Increment("other", "minutes", 9));
        var afterThat = world.A.Increment("other", "minutes", 1);
        var free = world.A.Create("free");
        var outcomes = await world.DoneAsync(world.A, [refused, .. follower, afterThat, free]);

        Assert.Equal(
            [
                RejectionReason.EntityGone, RejectionReason.PredecessorRejected, RejectionReason.TransactionRejected,
                RejectionReason.PredecessorRejected, RejectionReason.None,
            ],
            outcomes.Select(outcome => outcome.Reason));
        Assert.Equal(0, await world.CounterAsync("other", "minutes"));
        Assert.Null(await world.RowAsync("gone"));
        Assert.NotNull(await world.RowAsync("free"));
    }

    [Fact]
    public async Task An_operation_of_another_device_that_built_on_an_excluded_one_is_judged_in_the_next_round()
    {
        var world = await NewWorldAsync();
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        var doomed = world.PushAsync(world.A, TestDevice.Transaction(world.A.Create("one"), world.A.UpdateOfGone("gone")));
        world.B.Counter = 10;
        var set = world.B.Set("one", "title", "\"b\"");
        var transaction = TestDevice.Transaction(set, world.B.Create("two"));
        var dependent = world.PushAsync(world.B, [.. transaction, world.B.Create("three"), world.B.Delete("two")]);
        release();
        await blocker;

        Assert.Equal(
            [RejectionReason.TransactionRejected, RejectionReason.EntityGone],
            (await doomed).Outcomes.Select(outcome => outcome.Reason));
        var outcomes = (await dependent).Outcomes;
        // Refused on its own merits, against the committed state, one commit later; what stood apart went with the first.
        Assert.Equal(
            [
                (RejectionReason.PredecessorRejected, 3L), (RejectionReason.TransactionRejected, 3L),
                (RejectionReason.None, 2L), (RejectionReason.PredecessorRejected, 3L),
            ],
            outcomes.Select(outcome => (outcome.Reason, outcome.Sequence)));
        Assert.Null(await world.RowAsync("one"));
        Assert.Null(await world.RowAsync("two"));
        Assert.NotNull(await world.RowAsync("three"));
    }

    [Fact]
    public async Task An_operation_refused_only_because_of_an_excluded_one_is_judged_without_it()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.C, world.C.Create("one"));
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(2);
        // The transaction makes "minutes" a plain field and falls for another reason; the increment must not fall with it.
        var doomed = world.PushAsync(
            world.A, TestDevice.Transaction(world.A.Set("one", "minutes", "1"), world.A.UpdateOfGone("gone")));
        world.B.Counter = 10;
        var increment = world.B.Increment("one", "minutes", 5);
        var innocent = world.PushAsync(world.B, [.. TestDevice.Transaction(increment, world.B.Create("two"))]);
        release();
        await blocker;

        Assert.Equal(
            [RejectionReason.TransactionRejected, RejectionReason.EntityGone],
            (await doomed).Outcomes.Select(outcome => outcome.Reason));
        Assert.All((await innocent).Outcomes, outcome => Assert.Equal(RejectionReason.None, outcome.Reason));
        Assert.Equal(5, await world.CounterAsync("one", "minutes"));
        Assert.NotNull(await world.RowAsync("two"));
    }

    [Fact]
    public async Task Transactions_that_refuse_each_other_do_not_both_fall()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.C, world.C.Create("one"), world.C.Create("two"));
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(2);
        // On "one" A comes first and refuses B, on "two" B comes first and refuses A.
        var a = new[] { world.A.Set("one", "minutes", "1"), world.A.Increment("two", "minutes", 1) };
        a[1] = a[1] with { Counter = 20 };
        world.B.Counter = 10;
        var b = new[] { world.B.Increment("one", "minutes", 1), world.B.Set("two", "minutes", "1") };
        var pushes = new[] { world.PushAsync(world.A, TestDevice.Transaction(a)), world.PushAsync(world.B, TestDevice.Transaction(b)) };
        release();
        await blocker;

        var replies = await Task.WhenAll(pushes);
        Assert.Single(replies, reply => reply.Outcomes.All(outcome => outcome.Kind != OutcomeKind.Rejected));
        Assert.Single(replies, reply => reply.Outcomes.All(outcome => outcome.Kind == OutcomeKind.Rejected));
    }

    [Fact]
    public async Task A_deferred_operation_may_be_accepted_in_the_next_round()
    {
        var world = await NewWorldAsync();
        var releaseFirst = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        var doomed = world.PushAsync(world.A, TestDevice.Transaction(world.A.Create("one"), world.A.UpdateOfGone("gone")));
        world.B.Counter = 10;
        var dependent = world.PushAsync(world.B, world.B.Set("one", "title", "\"b\""));
        var releaseSecond = world.Store.HoldCommits();
        releaseFirst();
        await world.AskedAsync(2);
        // Queued while the round that defers is on its way, so both are in the one after it.
        var rescue = world.PushAsync(world.C, world.C.Create("one"));
        releaseSecond();

        await Task.WhenAll(blocker, doomed);
        Assert.Equal((OutcomeKind.Applied, 3L), ((await rescue).Outcomes[0].Kind, (await rescue).Outcomes[0].Sequence));
        Assert.Equal((RejectionReason.None, 3L), ((await dependent).Outcomes[0].Reason, (await dependent).Outcomes[0].Sequence));
        Assert.Equal("\"b\"", await world.TextAsync("one", "title"));
    }

    [Fact]
    public async Task A_transaction_of_which_a_part_was_refused_before_cannot_commit_the_rest()
    {
        var world = await NewWorldAsync();
        var taken = world.A.Create("taken");
        await world.DoneAsync(world.A, taken);
        var transaction = TestDevice.Transaction(world.A.Create("one"), world.A.Create("two"));
        transaction[1] = transaction[1] with { Id = taken.Id };
        var outcomes = await world.DoneAsync(world.A, transaction);

        Assert.Equal([RejectionReason.TransactionRejected, RejectionReason.OperationReused], outcomes.Select(outcome => outcome.Reason));
        Assert.Null(await world.RowAsync("one"));
        Assert.Null(await world.RowAsync("two"));
    }
}

public sealed class TransactionOnMemoryTests() : TransactionTests(StoreKind.Memory);

public sealed class TransactionOnSqliteTests() : TransactionTests(StoreKind.Sqlite);

public sealed class TransactionOnPostgresTests() : TransactionTests(StoreKind.Postgres);
