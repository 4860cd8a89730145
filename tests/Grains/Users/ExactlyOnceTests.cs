using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>I1 and I2: durable before acknowledged, and exactly once.</summary>
public abstract class ExactlyOnceTests(StoreKind kind) : ChangeLogTests(kind)
{
    [Fact]
    public async Task I1_An_outcome_is_answered_only_after_its_commit()
    {
        var world = await NewWorldAsync();
        var operation = world.A.Create("one");
        var release = world.Store.HoldCommits();
        var push = world.PushAsync(world.A, operation);
        await world.AskedAsync(1);

        Assert.False(push.IsCompleted);
        Assert.Empty(world.Notices);
        Assert.Null(await world.JournalAsync(operation));

        release();
        var outcome = Assert.Single((await push).Outcomes);
        Assert.Equal(new Outcome(operation.Id, OutcomeKind.Applied, 1), outcome);
        Assert.Equal(1, (await world.JournalAsync(operation))!.Sequence);
    }

    [Fact]
    public async Task I1_A_rejection_is_journaled_like_any_other_outcome()
    {
        var world = await NewWorldAsync();
        var operation = world.A.UpdateOfGone("one");
        var outcome = Assert.Single(await world.DoneAsync(world.A, operation));

        Assert.Equal(new Outcome(operation.Id, OutcomeKind.Rejected, 1, RejectionReason.EntityGone), outcome);
        var entry = await world.JournalAsync(operation);
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.EntityGone, 1L), (entry!.Outcome, entry.Reason, entry.Sequence));
        Assert.Equal(outcome, Assert.Single(await world.DoneAsync(world.A, operation)));
        Assert.Equal(1, (await world.StateAsync()).Head);
    }

    [Fact]
    public async Task I2_Push_of_a_known_operation_answers_the_first_outcome()
    {
        var world = await NewWorldAsync();
        Operation[] operations = [world.A.Create("one"), world.A.Increment("one", "minutes", 3)];
        var first = await world.DoneAsync(world.A, operations);
        var second = await world.DoneAsync(world.A, operations);

        Assert.Equal(first, second);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
        Assert.Equal(1, (await world.StateAsync()).Head);
    }

    [Fact]
    public async Task I2_The_same_batch_on_two_streams_at_once_takes_effect_once()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.B, world.B.Create("other"));
        await world.AskedAsync(2);
        var batch = world.A.Batch(world.A.Increment("one", "minutes", 3), world.A.Increment("one", "minutes", 4));
        // Both wait in the queue, so they meet in one round; a third comes while that round commits.
        var pushes = new[] { world.Log.PushAsync(batch), world.Log.PushAsync(batch) };
        release();
        await blocker;
        var third = await world.Log.PushAsync(batch);
        var replies = await Task.WhenAll(pushes);

        Assert.All(replies, reply => Assert.Equal(PushStatus.Done, reply.Status));
        Assert.Equal(replies[0].Outcomes.AsEnumerable(), replies[1].Outcomes);
        Assert.Equal(replies[0].Outcomes.AsEnumerable(), third.Outcomes);
        Assert.Equal(7, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task I2_A_duplicate_that_arrives_while_the_first_commits_awaits_its_outcome()
    {
        var world = await NewWorldAsync();
        var batch = world.A.Batch(world.A.Create("one"), world.A.Increment("one", "minutes", 5));
        var release = world.Store.HoldCommits();
        var first = world.Log.PushAsync(batch);
        await world.AskedAsync(1);
        var second = world.Log.PushAsync(batch);
        Assert.False(second.IsCompleted);
        release();

        Assert.Equal((await first).Outcomes.AsEnumerable(), (await second).Outcomes);
        Assert.Equal(5, await world.CounterAsync("one", "minutes"));
        Assert.Equal(1, (await world.StateAsync()).Head);
    }

    [Fact]
    public async Task I2_A_new_owner_of_the_scope_answers_the_first_outcome()
    {
        var world = await NewWorldAsync();
        Operation[] operations = [world.A.Create("one"), world.A.Increment("one", "minutes", 3)];
        var first = await world.DoneAsync(world.A, operations);
        var reply = await world.NewLog().PushAsync(world.A.Batch(operations));

        Assert.Equal(first, reply.Outcomes);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
    }

    [Theory]
    [InlineData(nameof(CommitFault.UnknownCommitted))]
    [InlineData(nameof(CommitFault.UnknownLost))]
    [InlineData(nameof(CommitFault.Unavailable))]
    [InlineData(nameof(CommitFault.FencedBefore))]
    public async Task I2_Whatever_a_commit_ends_in_its_operations_take_effect_once(string fault)
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        world.Store.NextCommits(Enum.Parse<CommitFault>(fault));
        Operation[] operations = [world.A.Increment("one", "minutes", 3), world.A.UpdateOfGone("two")];
        var first = await world.DoneAsync(world.A, operations);
        var again = await world.DoneAsync(world.A, operations);

        Assert.Equal([OutcomeKind.Applied, OutcomeKind.Rejected], first.Select(outcome => outcome.Kind));
        Assert.Equal(first, again);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
        Assert.Equal(2, (await world.StateAsync()).Head);
        Assert.Equal(2, world.Store.Committed.Count);
    }

    [Fact]
    public async Task I2_After_an_unknown_end_and_another_owners_commit_the_journal_tells()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var other = world.NewLog(new LocalMerger(world.Scope, world.Store, world.Limits));
        world.Store.NextCommits(CommitFault.UnknownCommitted);
        // Between this owner's commit and the claim that asks about it, another one claims and commits.
        world.Store.BeforeClaim = async () =>
        {
            world.Store.BeforeClaim = null;
            Assert.Equal(PushStatus.Done, (await other.PushAsync(world.B.Batch(world.B.Create("two")))).Status);
        };
        var outcome = Assert.Single(await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 3)));

        Assert.Equal(2, outcome.Sequence);
        Assert.Equal(3, (await world.StateAsync()).Head);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task I2_An_id_with_other_content_is_refused_and_changes_nothing()
    {
        var world = await NewWorldAsync();
        var original = world.A.Create("one", value: "\"first\"");
        await world.DoneAsync(world.A, original);
        var reused = world.A.Set("one", "title", "\"second\"") with { Id = original.Id, Counter = original.Counter };
        var outcome = Assert.Single(await world.DoneAsync(world.A, reused));

        Assert.Equal(new Outcome(original.Id, OutcomeKind.Rejected, 0, RejectionReason.OperationReused), outcome);
        Assert.Equal("\"first\"", await world.TextAsync("one", "title"));
        Assert.Equal(OutcomeKind.Applied, (await world.JournalAsync(original))!.Outcome);
        Assert.Equal(1, (await world.StateAsync()).Head);
    }

    [Fact]
    public async Task I2_An_id_of_another_device_is_refused_though_the_counter_is_new()
    {
        var world = await NewWorldAsync();
        var original = world.A.Create("one");
        await world.DoneAsync(world.A, original);
        // B's counter is above all that B has committed: only the journal's key, or a doubtful owner, can see the repetition.
        var stolen = world.B.Create("two") with { Id = original.Id };
        var outcomes = await world.DoneAsync(world.B, stolen, world.B.Create("three"));

        Assert.Equal(RejectionReason.OperationReused, outcomes[0].Reason);
        Assert.Equal(OutcomeKind.Applied, outcomes[1].Kind);
        Assert.Null(await world.RowAsync("two"));
    }

    [Fact]
    public async Task I2_Ids_that_meet_in_one_round_with_other_content_commit_once()
    {
        var world = await NewWorldAsync();
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        var original = world.A.Create("one", value: "\"first\"");
        var first = world.PushAsync(world.A, original);
        var second = world.PushAsync(world.B, world.B.Create("one", value: "\"second\"") with { Id = original.Id });
        release();

        await blocker;
        Assert.Equal(OutcomeKind.Applied, Assert.Single((await first).Outcomes).Kind);
        Assert.Equal(RejectionReason.OperationReused, Assert.Single((await second).Outcomes).Reason);
        Assert.Equal("\"first\"", await world.TextAsync("one", "title"));
    }

    [Fact]
    public async Task I2_A_replay_older_than_the_journal_is_refused_as_stale()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var purged = world.A.Increment("one", "minutes", 3);
        var device = (await world.Store.ListDevicesAsync(world.Scope, CancellationToken.None)).Single(known => known.Device == world.A.Id);
        await world.Store.UpdateSessionAsync(
            world.Scope, world.A.Id, device.Session, device.Session, world.A.Counter + 1, CancellationToken.None);
        world.Log.OnDevicesChanged();
        var outcome = Assert.Single(await world.DoneAsync(world.A, purged));

        Assert.Equal(new Outcome(purged.Id, OutcomeKind.Rejected, 0, RejectionReason.StaleReplay), outcome);
        Assert.Equal(0, await world.CounterAsync("one", "minutes"));
        Assert.Null(await world.JournalAsync(purged));
    }

    [Fact]
    public async Task New_operations_cost_no_journal_read()
    {
        var world = await NewWorldAsync();
        for (var i = 0; i < 5; i++) await world.DoneAsync(world.A, world.A.Create($"n{i}"));
        Assert.Equal(0, world.Store.JournalReads);
    }
}

public sealed class ExactlyOnceOnMemoryTests() : ExactlyOnceTests(StoreKind.Memory);

public sealed class ExactlyOnceOnSqliteTests() : ExactlyOnceTests(StoreKind.Sqlite);

public sealed class ExactlyOnceOnPostgresTests() : ExactlyOnceTests(StoreKind.Postgres);
