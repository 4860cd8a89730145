using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>Stores and entities that fail, and what cannot be stored.</summary>
public sealed class FailureTests() : ChangeLogTests(StoreKind.Memory)
{
    [Fact]
    public async Task A_store_that_stays_away_is_answered_unavailable_and_nothing_is_left_behind()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        world.Store.IsDown = true;
        var increment = world.A.Increment("one", "minutes", 3);
        var reply = await world.PushAsync(world.A, increment);

        Assert.Equal(PushStatus.Unavailable, reply.Status);
        Assert.True(reply.RetryAfter > TimeSpan.Zero);
        Assert.Empty(reply.Outcomes);
        world.Store.IsDown = false;
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 4));
        Assert.Equal(4, await world.CounterAsync("one", "minutes"));
        await world.DoneAsync(world.A, increment);
        Assert.Equal(7, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task A_store_that_stays_away_is_answered_unavailable_to_all_that_wait_for_it()
    {
        var world = await NewWorldAsync();
        world.Store.IsDown = true;
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => world.PushAsync(world.A, world.A.Create($"n{i}"))));
        Assert.All(replies, reply => Assert.Equal(PushStatus.Unavailable, reply.Status));
    }

    [Fact]
    public async Task Attempts_of_a_round_that_was_given_up_are_never_promoted()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"), world.A.Create("two"));
        // Staged on "one", then given up: the store refuses for longer than the round is tried.
        world.Store.Random = () => CommitFault.Unavailable;
        Assert.Equal(PushStatus.Unavailable, (await world.PushAsync(world.A, world.A.Increment("one", "minutes", 3))).Status);
        world.Store.Random = null;
        // The next commit does not touch "one", and the one after that must not find the increment in it.
        await world.DoneAsync(world.A, world.A.Increment("two", "minutes", 1));
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 4));

        Assert.Equal(4, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task I6_What_was_staged_before_an_operation_was_excluded_is_never_promoted_by_a_duplicate_activation()
    {
        var world = await NewWorldAsync();
        // "one" is activated twice for a while: only the calls that take excluded operations out reach the second activation.
        var second = new LocalMerger(world.Scope, world.Store, world.Limits);
        var log = world.NewLog(new TwoActivations(world.Merger, second));
        await log.PushAsync(world.A.Batch(world.A.Create("one")));
        var release = world.Store.HoldCommits();
        var blocker = log.PushAsync(world.C.Batch(world.C.Create("other")));
        await world.AskedAsync(2);
        var refused = log.PushAsync(
            world.A.Batch(TestDevice.Transaction(world.A.Increment("one", "minutes", 3), world.A.UpdateOfGone("gone"))));
        var accepted = log.PushAsync(world.B.Batch(world.B.Increment("one", "minutes", 4)));
        release();
        await Task.WhenAll(blocker, refused, accepted);
        Assert.All((await refused).Outcomes, outcome => Assert.Equal(OutcomeKind.Rejected, outcome.Kind));
        Assert.Equal(4, await world.CounterAsync("one", "minutes"));

        await log.PushAsync(world.B.Batch(world.B.Increment("one", "minutes", 1)));

        Assert.Equal(5, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task More_abandoned_attempts_than_a_request_lists_lead_to_a_new_claim()
    {
        var world = await NewWorldAsync();
        world.Store.NextCommits([.. Enumerable.Repeat(CommitFault.Unavailable, 8)]);
        var log = world.NewLog(options: new() { MaxAbandoned = 3, GiveUpAfter = TimeSpan.FromHours(1) });
        var reply = await log.PushAsync(world.A.Batch(world.A.Create("one")));

        Assert.Equal(PushStatus.Done, reply.Status);
        Assert.True(world.Store.Claims > 1);
        Assert.All(world.Merger.Calls, call => Assert.True(call.Request.Abandoned.Length <= 3));
    }

    [Fact]
    public async Task A_reply_of_an_entity_that_is_lost_costs_a_new_attempt_and_no_effect()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var lost = 0;
        world.Merger.After = (_, _) =>
        {
            if (++lost <= 2) throw new TimeoutException("as told");
        };
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 3));

        Assert.Equal(3, lost);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task An_entity_that_stays_silent_takes_down_only_the_batches_that_need_it()
    {
        var world = await NewWorldAsync();
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        world.Merger.Before = (entity, _) =>
        {
            if (entity.Id == "broken") throw new InvalidOperationException("as told");
        };
        var bad = world.PushAsync(world.A, world.A.Create("broken"), world.A.Create("one"));
        var good = world.PushAsync(world.B, world.B.Create("two"));
        release();

        await blocker;
        Assert.Equal(PushStatus.Unavailable, (await bad).Status);
        Assert.Equal(OutcomeKind.Applied, Assert.Single((await good).Outcomes).Kind);
        Assert.Null(await world.RowAsync("one"));
    }

    [Fact]
    public async Task What_cannot_be_stored_is_found_and_refused_alone()
    {
        var world = await NewWorldAsync();
        var poison = new List<OperationId>();
        var operations = Enumerable.Range(0, 40).Select(i => world.A.Create($"n{i}")).ToArray();
        poison.Add(operations[11].Id);
        poison.Add(operations[30].Id);
        world.Store.IsPoison = entry => poison.Contains(entry.Operation) && entry.Outcome != OutcomeKind.Rejected;
        var outcomes = await world.DoneAsync(world.A, operations);

        for (var i = 0; i < operations.Length; i++)
        {
            var isPoison = poison.Contains(operations[i].Id);
            Assert.Equal(isPoison ? RejectionReason.Unstorable : RejectionReason.None, outcomes[i].Reason);
            Assert.Equal(!isPoison, await world.RowAsync($"n{i}") is not null);
        }

        Assert.Equal(RejectionReason.Unstorable, (await world.JournalAsync(operations[11]))!.Reason);
        Assert.Equal(2, world.Errors.TakeErrors().Length);
        Assert.Equal(outcomes, await world.DoneAsync(world.A, operations));
    }

    [Fact]
    public async Task A_bisection_keeps_transactions_whole_and_refuses_the_followers_of_what_it_finds()
    {
        var world = await NewWorldAsync();
        var transaction = TestDevice.Transaction([.. Enumerable.Range(0, 5).Select(i => world.A.Create($"t{i}"))]);
        var poison = world.A.Create("p");
        var follower = world.A.Increment("p", "minutes", 1);
        Operation[] operations =
            [world.A.Create("a"), .. transaction, world.A.Create("b"), poison, world.A.Create("c"), follower, world.A.Create("d")];
        world.Store.IsPoison = entry =>
            (entry.Operation == poison.Id || entry.Operation == transaction[2].Id) && entry.Outcome != OutcomeKind.Rejected;
        var outcomes = await world.DoneAsync(world.A, operations);

        Assert.Equal(
            [
                RejectionReason.None, .. Enumerable.Repeat(RejectionReason.Unstorable, 5), RejectionReason.None, RejectionReason.Unstorable,
                RejectionReason.None, RejectionReason.PredecessorRejected, RejectionReason.None,
            ],
            outcomes.Select(outcome => outcome.Reason));
        Assert.Equal(2, world.Errors.TakeErrors().Length);
        Assert.Null(await world.RowAsync("t0"));
        Assert.Null(await world.RowAsync("p"));
        Assert.NotNull(await world.RowAsync("d"));
    }

    [Fact]
    public async Task What_not_even_as_a_refusal_can_be_stored_is_refused_without_a_journal_row()
    {
        var world = await NewWorldAsync();
        var poison = world.A.Create("p");
        world.Store.IsPoison = entry => entry.Operation == poison.Id;
        var outcomes = await world.DoneAsync(world.A, world.A.Create("a"), poison, world.A.Create("b"));

        Assert.Equal([RejectionReason.None, RejectionReason.Unstorable, RejectionReason.None], outcomes.Select(outcome => outcome.Reason));
        Assert.Null(await world.JournalAsync(poison));
        Assert.Equal(RejectionReason.Unstorable, Assert.Single(await world.DoneAsync(world.A, poison)).Reason);
        Assert.Equal(4, world.Errors.TakeErrors().Length);
    }

    [Fact]
    public async Task A_fault_of_the_loop_leaves_no_caller_without_an_answer()
    {
        var world = await NewWorldAsync();
        world.Store.IsPoison = _ => throw new InvalidOperationException("as told");
        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => world.PushAsync(world.A, world.A.Create($"n{i}"))));
        Assert.All(replies, reply => Assert.Equal(PushStatus.Unavailable, reply.Status));
        world.Store.IsPoison = null;
        await world.DoneAsync(world.A, world.A.Create("after"));
        Assert.Contains(world.Errors.TakeErrors(), error => error.Contains("as told", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopping_answers_what_was_queued_and_takes_nothing_more()
    {
        var world = await NewWorldAsync();
        var release = world.Store.HoldCommits();
        var first = world.PushAsync(world.A, world.A.Create("one"));
        await world.AskedAsync(1);
        var second = world.PushAsync(world.A, world.A.Create("two"));
        var stopped = world.Log.StopAsync();
        Assert.False(stopped.IsCompleted);
        Assert.Equal(PushStatus.Unavailable, (await world.PushAsync(world.A, world.A.Create("three"))).Status);
        release();
        await stopped;

        Assert.Equal(PushStatus.Done, (await first).Status);
        Assert.Equal(PushStatus.Done, (await second).Status);
    }

    private sealed class TwoActivations(LocalMerger first, LocalMerger second) : IEntityMerger
    {
        public Task<MergeReply> MergeAsync(EntityKey entity, MergeRequest request) =>
            (request.Attempt > 1 ? second : first).MergeAsync(entity, request);
    }
}
