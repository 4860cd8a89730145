using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Admin;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Admin;

/// <summary>A dead letter that is replayed takes effect once, whatever fails and whoever asks.</summary>
public abstract class LetterReplayTests(StoreKind kind) : ChangeLogTests(kind)
{
    private static readonly DeadLetterReplay AsIs = new();

    [Fact]
    public async Task R26_A_letter_is_replayed_on_what_stands_and_is_gone()
    {
        var world = await NewWorldAsync();
        var letter = await GoneAsync(world, world.A.UpdateOfGone("one") with { Changes = [new IncrementField("n", 5)] });
        await world.DoneAsync(world.B, world.B.Create("one"));

        var reply = await ReplayAsync(world, letter, AsIs);

        Assert.Equal((ReplayStatus.Replayed, OutcomeKind.Applied, false), (reply.Status, reply.Outcome.Kind, reply.Before));
        Assert.Equal((5, "\"x\""), (await world.CounterAsync("one", "n"), await world.TextAsync("one", "title")));
        Assert.Null(await world.Store.FindDeadLetterAsync(world.Scope, letter.Id, default));
        // Once it is gone the first outcome is still told, and nothing happens.
        var again = await ReplayAsync(world, letter, AsIs);
        Assert.Equal((ReplayStatus.Replayed, reply.Outcome, true), (again.Status, again.Outcome, again.Before));
        Assert.Equal(5, await world.CounterAsync("one", "n"));
    }

    [Fact]
    public async Task R26_A_replay_that_is_refused_keeps_the_letter_and_an_edited_one_is_taken()
    {
        var world = await NewWorldAsync();
        var letter = await GoneAsync(world, world.A.UpdateOfGone("one"));
        for (var i = 0; i < 2; i++)
        {
            var refused = await ReplayAsync(world, letter, AsIs);
            Assert.Equal((ReplayStatus.Refused, RejectionReason.EntityGone), (refused.Status, refused.Outcome.Reason));
        }

        Assert.NotNull(await world.Store.FindDeadLetterAsync(world.Scope, letter.Id, default));
        var edited = await ReplayAsync(
            world, letter, DeadLetterReplay.With(static patch => patch.Set("title", "edited").Increment("n", 2).Add("tags", "a")) with { AsCreate = true });

        Assert.Equal((ReplayStatus.Replayed, OutcomeKind.Applied), (edited.Status, edited.Outcome.Kind));
        Assert.Equal(("\"edited\"", 2), (await world.TextAsync("one", "title"), await world.CounterAsync("one", "n")));
        Assert.Single((await world.RowAsync("one"))!.Fields.OfType<SetFieldValue>());
    }

    [Fact]
    public async Task R26_A_create_that_is_replayed_over_what_is_there_merges_and_removes_nothing()
    {
        var world = await NewWorldAsync();
        var transaction = TestDevice.Transaction(world.A.Create("one", "note"), world.A.UpdateOfGone("none"));
        await world.DoneAsync(world.A, transaction);
        await world.DoneAsync(world.B, world.B.Create("one", "title"));

        var reply = await ReplayAsync(world, transaction[0], AsIs);

        Assert.Equal(ReplayStatus.Replayed, reply.Status);
        Assert.Equal(("\"x\"", "\"x\""), (await world.TextAsync("one", "title"), await world.TextAsync("one", "note")));
        Assert.Equal(transaction[1].Id, Assert.Single(await world.Store.ListDeadLettersAsync(new() { Scope = world.Scope }, default)).Id);
    }

    [Fact]
    public async Task I2_R26_Operators_who_replay_at_once_have_one_effect_and_one_outcome()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.B, world.B.Create("one"));
        var refused = TestDevice.Transaction(world.A.Increment("one", "n", 5), world.A.UpdateOfGone("none"));
        await world.DoneAsync(world.A, refused);
        DeadLetterReplay[] ways = [AsIs, AsIs, DeadLetterReplay.With(static patch => patch.Increment("n", 5_000)), AsIs];

        // Two owners as well: what holds is the journal.
        var logs = new[] { world.Log, world.NewLog() };
        var replies = await Task.WhenAll(ways.Select((how, i) => ReplayAsync(world, refused[0], how, logs[i % 2])));

        Assert.All(replies, static reply => Assert.Equal(ReplayStatus.Replayed, reply.Status));
        Assert.Single(replies.Select(static reply => reply.Outcome).Distinct());
        Assert.Contains(await world.CounterAsync("one", "n"), new Int128[] { 5, 5_000 });
    }

    [Fact]
    public async Task I2_R26_Whatever_a_replays_commit_ends_in_it_counts_once()
    {
        foreach (var fault in Enum.GetValues<CommitFault>())
        {
            var world = await NewWorldAsync();
            await world.DoneAsync(world.B, world.B.Create("one"));
            var refused = TestDevice.Transaction(world.A.Increment("one", "n", 5), world.A.UpdateOfGone("none"));
            await world.DoneAsync(world.A, refused);
            world.Store.NextCommits(fault);

            Assert.Equal(ReplayStatus.Replayed, (await ReplayAsync(world, refused[0], AsIs)).Status);
            Assert.Equal(ReplayStatus.Replayed, (await ReplayAsync(world, refused[0], AsIs)).Status);
            Assert.Equal(5, await world.CounterAsync("one", "n"));
        }
    }

    [Fact]
    public async Task I2_R26_A_replay_whose_caller_died_before_the_letter_went_is_not_made_again()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.B, world.B.Create("one"));
        var refused = TestDevice.Transaction(world.A.Increment("one", "n", 5), world.A.UpdateOfGone("none"));
        await world.DoneAsync(world.A, refused);
        var replay = new LetterReplay(world.Store, world.Scope, async write =>
        {
            await world.Log.WriteAsync(write);
            throw new TimeoutException("The silo is gone.");
        });
        await Assert.ThrowsAsync<TimeoutException>(() => replay.RunAsync(new(refused[0].Id, AsIs.Of(refused[0]), AsCreate: false)));
        Assert.NotNull(await world.Store.FindDeadLetterAsync(world.Scope, refused[0].Id, default));

        var edited = await ReplayAsync(world, refused[0], DeadLetterReplay.With(static patch => patch.Increment("n", 7)));

        Assert.Equal((ReplayStatus.Replayed, true), (edited.Status, edited.Before));
        Assert.Equal(5, await world.CounterAsync("one", "n"));
        Assert.Null(await world.Store.FindDeadLetterAsync(world.Scope, refused[0].Id, default));
    }

    [Fact]
    public async Task I2_R26_A_device_that_has_taken_the_id_of_a_replay_keeps_it_from_nothing()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.B, world.B.Create("one"));
        var refused = TestDevice.Transaction(world.A.Increment("one", "n", 5), world.A.UpdateOfGone("none"));
        await world.DoneAsync(world.A, refused);
        var first = WriteIds.OperationOf(world.Scope, $"orleanssync dead letter {refused[0].Id.Value:N} 0", 0);
        await world.DoneAsync(world.B, world.B.Increment("one", "n", 1) with { Id = first });

        var reply = await ReplayAsync(world, refused[0], AsIs);

        Assert.Equal((ReplayStatus.Replayed, false), (reply.Status, reply.Before));
        Assert.Equal(6, await world.CounterAsync("one", "n"));
    }

    [Fact]
    public async Task I11_A_letter_is_replayed_and_refused_so_many_times_and_no_more()
    {
        var world = await NewWorldAsync();
        var letter = await GoneAsync(world, world.A.UpdateOfGone("one"));
        for (var i = 0; i < LetterReplay.MaxTries; i++) Assert.Equal(ReplayStatus.Refused, (await ReplayAsync(world, letter, AsIs)).Status);
        var head = (await world.StateAsync()).Head;

        Assert.Equal(ReplayStatus.Exhausted, (await ReplayAsync(world, letter, AsIs)).Status);
        Assert.Equal(head, (await world.StateAsync()).Head);
        Assert.True(await world.Store.RemoveDeadLetterAsync(world.Scope, letter.Id, default));
        Assert.Equal(ReplayStatus.NotFound, (await ReplayAsync(world, letter, AsIs)).Status);
    }

    [Fact]
    public async Task R26_A_delete_is_replayed_as_one_and_a_letter_that_is_none_is_told()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.B, world.B.Create("one"));
        var refused = TestDevice.Transaction(world.A.Delete("one"), world.A.UpdateOfGone("none"));
        await world.DoneAsync(world.A, refused);

        Assert.Equal(OutcomeKind.Applied, (await ReplayAsync(world, refused[0], AsIs)).Outcome.Kind);
        Assert.True((await world.RowAsync("one"))!.Deleted);
        Assert.Equal(ReplayStatus.NotFound, (await ReplayAsync(world, world.A.Create("never"), AsIs)).Status);
    }

    private static async Task<Operation> GoneAsync(World world, Operation operation)
    {
        Assert.Equal(OutcomeKind.Rejected, Assert.Single(await world.DoneAsync(world.A, operation)).Kind);
        return operation;
    }

    private static Task<ReplayReply> ReplayAsync(World world, Operation letter, DeadLetterReplay how, ChangeLog? log = null) =>
        new LetterReplay(world.Store, world.Scope, (log ?? world.Log).WriteAsync).RunAsync(new(letter.Id, how.Of(letter), how.AsCreate));
}

public sealed class LetterReplayOnMemoryTests() : LetterReplayTests(StoreKind.Memory);

public sealed class LetterReplayOnSqliteTests() : LetterReplayTests(StoreKind.Sqlite);

public sealed class LetterReplayOnPostgresTests() : LetterReplayTests(StoreKind.Postgres);
