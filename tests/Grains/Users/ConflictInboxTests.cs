using OrleansSync.Core;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>What goes to the conflict inbox, what waits behind it, and how it is settled.</summary>
public abstract class ConflictInboxTests(StoreKind kind) : ChangeLogTests(kind)
{
    private static readonly SyncSchema Schema = new([new EntitySchema("tasks") { Policy = ConflictPolicy.Manual }.Counter("minutes"), new EntitySchema("plain")]);

    private static readonly SyncSchema Merging = new([new EntitySchema("tasks").Counter("minutes")]);

    [Fact]
    public async Task R22_I10_A_concurrent_operation_is_parked_with_all_it_says_and_changes_nothing_else()
    {
        var world = await StartAsync();
        var change = world.B.Set("one", "title", "\"of b\"") with { Base = 1, Before = [new("title", JsonValue.FromText("\"x\"")), new("note", null)] };
        change = change with { Changes = [.. change.Changes, new RemoveField("note"), new IncrementField("minutes", 5)] };
        var outcome = Assert.Single(await world.DoneAsync(world.B, change));

        Assert.Equal((OutcomeKind.Parked, 3), (outcome.Kind, outcome.Sequence));
        Assert.Equal("\"of a\"", await world.TextAsync("one", "title"));
        Assert.Equal(2, (await world.RowAsync("one"))!.Sequence);
        var parked = Assert.Single(await world.ParkedAsync());
        Assert.Equal((change.Id, change.Entity, world.B.Id, OperationKind.Update, change.Id), (parked.Id, parked.Entity, parked.Device, parked.Kind, parked.Group));
        Assert.Equal<IEnumerable<FieldChange>>(change.Changes, parked.Changes);
        Assert.Equal<IEnumerable<BeforeImage>>(change.Before, parked.Before);
        Assert.Equal(OutcomeKind.Parked, (await world.JournalAsync(change))!.Outcome);

        // It rides the feed, and counts in the digest of its type.
        var page = await world.AllRowsAsync();
        var row = Assert.Single(page.Rows, static row => row.Key.Type == ParkedOperation.Type);
        Assert.Equal(3, row.Sequence);
        Assert.Equal((Digest.OfRow(row), 1), page.Digests.Where(static one => one.Type == ParkedOperation.Type).Select(static one => (one.Digest, (int)one.Rows)).Single());
        Assert.Contains(world.Notices.Last().Rows, static row => row.Key.Type == ParkedOperation.Type);
    }

    [Fact]
    public async Task I2_A_parked_operation_that_is_sent_again_is_parked_once()
    {
        var world = await StartAsync();
        var change = world.B.Set("one", "title", "\"of b\"") with { Base = 1 };
        var first = await world.DoneAsync(world.B, change);
        Assert.Equal(first, await world.DoneAsync(world.B, change));
        Assert.Single(await world.ParkedAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task I3_What_its_device_writes_after_a_parked_operation_waits_behind_it_and_others_do_not(bool afterClaim)
    {
        var world = await StartAsync();
        var parked = world.B.Set("one", "title", "\"of b\"") with { Base = 1 };
        var inBatch = world.B.Increment("one", "minutes", 1) with { Base = 2 };
        await world.DoneAsync(world.B, parked, inBatch);
        var log = afterClaim ? world.NewLog() : world.Log;
        // It has seen what it met by now, and still builds on what waits.
        var later = world.B.Increment("one", "minutes", 2) with { Base = 2 };
        var elsewhere = world.B.Create("two");
        var reply = await log.PushAsync(world.B.Batch(later, elsewhere));
        var other = await log.PushAsync(world.A.Batch(world.A.Increment("one", "minutes", 4) with { Base = 2 }));

        Assert.Equal([OutcomeKind.Parked, OutcomeKind.Applied], reply.Outcomes.Select(static outcome => outcome.Kind));
        Assert.Equal(OutcomeKind.Applied, Assert.Single(other.Outcomes).Kind);
        Assert.Equal(4, await world.CounterAsync("one", "minutes"));
        Assert.Equal([parked.Id, inBatch.Id, later.Id], (await world.ParkedAsync()).Select(static one => one.Id));
        Assert.All(await world.ParkedAsync(), one => Assert.Equal(parked.Id, one.Group));
    }

    [Fact]
    public async Task I6_A_transaction_with_a_parked_operation_is_parked_whole_and_what_it_would_make_holds_up_what_needs_it()
    {
        var world = await StartAsync();
        var transaction = TestDevice.Transaction(
            world.B.Create("two"), world.B.Set("one", "title", "\"of b\"") with { Base = 1 }, world.B.Create("p") with { Entity = new("plain", "p") });
        var outcomes = await world.DoneAsync(world.B, transaction);
        Assert.All(outcomes, static outcome => Assert.Equal(OutcomeKind.Parked, outcome.Kind));
        Assert.Null(await world.RowAsync("two"));
        Assert.All(await world.ParkedAsync(), one => Assert.Equal((transaction[0].Id, transaction[0].Transaction!.Id), (one.Group, one.Transaction!.Value)));

        // Of a type that merges fields: without the create that waits it would be refused.
        var after = await world.DoneAsync(world.B, world.B.Set("p", "title", "\"y\"") with { Entity = new("plain", "p") });
        Assert.Equal(OutcomeKind.Parked, Assert.Single(after).Kind);
        Assert.Equal(4, (await world.ParkedAsync()).Length);
    }

    [Fact]
    public async Task I6_What_met_only_a_change_that_is_parked_itself_is_judged_without_it()
    {
        var world = await StartAsync();
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(3);
        // In one round: what c does to "two" is concurrent with b's create of it, which leaves with b's transaction.
        var whole = world.PushAsync(world.B, TestDevice.Transaction(
            world.B.Create("two"), world.B.Set("one", "title", "\"of b\"") with { Base = 1 }));
        world.C.Counter += 10;
        var alone = world.PushAsync(world.C, world.C.Create("two"));
        release();
        await blocker;

        Assert.All((await whole).Outcomes, static outcome => Assert.Equal(OutcomeKind.Parked, outcome.Kind));
        Assert.Equal(OutcomeKind.Applied, Assert.Single((await alone).Outcomes).Kind);
        Assert.Equal(2, (await world.ParkedAsync()).Length);
    }

    [Fact]
    public async Task R22_A_resolution_takes_effect_once_and_of_two_at_once_the_first_one_counts()
    {
        var world = await StartAsync();
        var parked = world.B.Set("one", "title", "\"of b\"") with { Base = 1 };
        await world.DoneAsync(world.B, parked);
        var byC = TestDevice.Transaction(world.C.Set("one", "title", "\"both\"") with { Base = 2 }, world.C.Settle(parked.Id, 3));
        var byA = TestDevice.Transaction(world.A.Set("one", "title", "\"mine\"") with { Base = 2 }, world.A.Settle(parked.Id, 3));
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.A, world.A.Create("other"));
        await world.AskedAsync(4);
        var (first, second) = (world.PushAsync(world.C, byC), world.PushAsync(world.A, byA));
        release();
        await blocker;

        Assert.All((await first).Outcomes, static outcome => Assert.Equal(OutcomeKind.Applied, outcome.Kind));
        Assert.All((await second).Outcomes, static outcome => Assert.Equal(OutcomeKind.Rejected, outcome.Kind));
        Assert.Contains((await second).Outcomes, static outcome => outcome.Reason == RejectionReason.Conflict);
        Assert.Equal("\"both\"", await world.TextAsync("one", "title"));
        Assert.Empty(await world.ParkedAsync());

        // Nothing waits any more: b goes on where it has caught up.
        var sequence = (await world.RowAsync("one"))!.Sequence;
        Assert.Equal(OutcomeKind.Applied, Assert.Single(await world.DoneAsync(world.B, world.B.Increment("one", "minutes", 1) with { Base = sequence })).Kind);
    }

    [Fact]
    public async Task R22_A_resolution_on_a_row_that_has_changed_is_refused_whole_and_the_question_stays()
    {
        var world = await StartAsync();
        var parked = world.B.Set("one", "title", "\"of b\"") with { Base = 1 };
        await world.DoneAsync(world.B, parked);
        await world.DoneAsync(world.A, world.A.Set("one", "title", "\"of a again\"") with { Base = 2 });
        var outcomes = await world.DoneAsync(
            world.B, TestDevice.Transaction(world.B.Set("one", "title", "\"both\"") with { Base = 2 }, world.B.Settle(parked.Id, 3)));

        Assert.Equal([RejectionReason.Conflict, RejectionReason.TransactionRejected], outcomes.Select(static outcome => outcome.Reason));
        Assert.Equal("\"of a again\"", await world.TextAsync("one", "title"));
        Assert.Equal(parked.Id, Assert.Single(await world.ParkedAsync()).Id);
    }

    [Fact]
    public async Task R22_A_resolution_meets_the_row_it_saw_also_where_the_type_merges_fields_by_now()
    {
        var world = await StartAsync();
        var parked = world.B.Set("one", "title", "\"of b\"") with { Base = 1 };
        await world.DoneAsync(world.B, parked);
        var merging = world.NewLog(
            new LocalMerger(world.Scope, world.Store, world.Limits, Merging), schema: Merging);
        // The policy is another one: what b writes now meets its rule, and what waits keeps waiting.
        var later = await merging.PushAsync(world.B.Batch(world.B.Set("one", "note", "\"n\"") with { Base = 1 }));
        var stale = await merging.PushAsync(world.C.Batch(
            TestDevice.Transaction(world.C.Set("one", "title", "\"both\"") with { Base = 2 }, world.C.Settle(parked.Id, 3))));
        var current = await merging.PushAsync(world.C.Batch(
            TestDevice.Transaction(world.C.Set("one", "title", "\"both\"") with { Base = 4 }, world.C.Settle(parked.Id, 3))));

        Assert.Equal(OutcomeKind.Merged, Assert.Single(later.Outcomes).Kind);
        Assert.Equal([RejectionReason.Conflict, RejectionReason.TransactionRejected], stale.Outcomes.Select(static outcome => outcome.Reason));
        Assert.All(current.Outcomes, static outcome => Assert.Equal(OutcomeKind.Applied, outcome.Kind));
        Assert.Empty(await world.ParkedAsync());
    }

    [Fact]
    public async Task I11_A_full_inbox_refuses_what_would_be_parked()
    {
        var world = await StartAsync(Limits.Default with { ParkedOperations = 2 });
        var outcomes = await world.DoneAsync(world.B, world.B.Set("one", "title", "\"1\"") with { Base = 1 }, world.B.Set("one", "title", "\"2\"") with { Base = 1 });
        var third = await world.DoneAsync(world.A, world.A.Set("one", "title", "\"3\"") with { Base = 1 });

        Assert.All(outcomes, static outcome => Assert.Equal(OutcomeKind.Parked, outcome.Kind));
        Assert.Equal(RejectionReason.Conflict, Assert.Single(third).Reason);
        Assert.Equal(2, (await world.ParkedAsync()).Length);
    }

    private async Task<Support.World> StartAsync(Limits? limits = null)
    {
        var world = await NewWorldAsync(limits, Schema);
        await world.DoneAsync(world.A, world.A.Create("one"));
        await world.DoneAsync(world.C, world.C.Set("one", "title", "\"of a\"") with { Base = 1 });
        world.B.Counter = world.A.Counter = 10;
        return world;
    }
}

public sealed class ConflictInboxOnMemoryTests() : ConflictInboxTests(StoreKind.Memory);

public sealed class ConflictInboxOnSqliteTests() : ConflictInboxTests(StoreKind.Sqlite);

public sealed class ConflictInboxOnPostgresTests() : ConflictInboxTests(StoreKind.Postgres);
