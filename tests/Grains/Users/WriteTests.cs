using System.Text.Json.Nodes;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>R44: server code writes through the log of its user, exactly once a key.</summary>
public abstract class WriteTests(StoreKind kind) : ChangeLogTests(kind)
{
    private static readonly Action<SyncWrite> Increment =
        static write => write.Patch("tasks", "one", static patch => patch.Increment("minutes", 3));

    [Fact]
    public async Task R44_A_write_has_a_timestamp_above_all_that_the_scope_has_seen_and_is_not_lost_against_it()
    {
        var world = await NewWorldAsync();
        world.A.Counter = 500;
        await world.DoneAsync(world.A, world.A.Create("one", value: "\"theirs\""));
        var outcome = Assert.Single(await world.WrittenAsync(
            "k", static write => write.Patch("tasks", "one", static patch => patch.Set("title", "ours"))));

        Assert.Equal((OutcomeKind.Applied, 2L), (outcome.Kind, outcome.Sequence));
        Assert.Equal("\"ours\"", await world.TextAsync("one", "title"));
        Assert.Equal(502, (await world.StateAsync()).Clock);
        Assert.Equal((DeviceId.Backend, 2L), ((await world.RowAsync("one"))!.Changes.First, (await world.RowAsync("one"))!.Sequence));
    }

    [Fact]
    public async Task R44_A_user_who_has_no_device_and_no_data_can_be_written_to()
    {
        var world = await NewWorldAsync();
        var scope = ScopeId.ForUser("bob");
        var log = new ChangeLog(
            new(scope, world.Store, world.Merger, SyncSchema.Open, new(), world.Time, world.Errors), world.Notices.Enqueue);
        var reply = await log.WriteAsync(world.RequestOf("k", static write => write.Put("tasks", "one", new JsonObject())));

        Assert.Equal(OutcomeKind.Applied, Assert.Single(reply.Outcomes).Kind);
        Assert.Single(await world.Store.LoadAsync(scope, [new("tasks", "one")], CancellationToken.None));
        Assert.Equal(DeviceId.Backend, Assert.Single(await world.Store.ListDevicesAsync(scope, CancellationToken.None)).Device);
    }

    [Fact]
    public async Task R44_A_version_that_is_not_the_expected_one_refuses_the_whole_write_for_good()
    {
        var world = await NewWorldAsync();
        await world.WrittenAsync("1", static write => write.Put("tasks", "one", new JsonObject { ["title"] = "a" }, expected: 0));
        await world.WrittenAsync("2", static write => write.Put("tasks", "one", new JsonObject { ["title"] = "b" }, expected: 1));
        Action<SyncWrite> stale = static write => write.Put("tasks", "two", new JsonObject())
            .Put("tasks", "one", new JsonObject { ["title"] = "c" }, expected: 1);
        var refused = await world.WrittenAsync("3", stale);

        Assert.Equal([RejectionReason.TransactionRejected, RejectionReason.Conflict], refused.Select(static outcome => outcome.Reason));
        Assert.Equal(refused, await world.WrittenAsync("3", stale));
        Assert.Equal("\"b\"", await world.TextAsync("one", "title"));
        Assert.Null(await world.RowAsync("two"));
        var taken = await world.WrittenAsync("4", static write => write.Put("tasks", "one", new JsonObject(), expected: 0));
        Assert.Equal(RejectionReason.Conflict, Assert.Single(taken).Reason);
    }

    [Fact]
    public async Task R44_A_change_or_delete_of_what_is_not_there_says_so()
    {
        var world = await NewWorldAsync();
        var patch = Assert.Single(await world.WrittenAsync("1", Increment));
        var delete = Assert.Single(await world.WrittenAsync("2", static write => write.Delete("tasks", "one")));

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.EntityGone), (patch.Kind, patch.Reason));
        Assert.Equal(OutcomeKind.Superseded, delete.Kind);
        Assert.Null(await world.RowAsync("one"));
    }

    [Fact]
    public async Task R44_Operations_of_a_write_see_those_before_them_and_devices_see_all_or_none()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("old"));
        await world.DoneAsync(world.A, world.A.Delete("old"));
        var outcomes = await world.WrittenAsync("k", static write => write
            .Put("tasks", "one", new JsonObject { ["title"] = "x" })
            .Patch("tasks", "one", static patch => patch.Increment("minutes", 2).Add("tags", "a").Add("tags", "b"))
            .Patch("tasks", "one", static patch => patch.RemoveElement("tags", "a").Increment("minutes", 3))
            .Put("tasks", "old", new JsonObject { ["title"] = "again" })
            .Delete("tasks", "one")
            .Put("tasks", "one", new JsonObject { ["title"] = "y" }));

        Assert.All(outcomes, static outcome => Assert.Equal((OutcomeKind.Applied, 3L), (outcome.Kind, outcome.Sequence)));
        var (one, old) = ((await world.RowAsync("one"))!, (await world.RowAsync("old"))!);
        Assert.Equal((2, 2, false, false), (one.Generation, old.Generation, one.Deleted, old.Deleted));
        Assert.Equal(("\"y\"", 0), (await world.TextAsync("one", "title"), await world.CounterAsync("one", "minutes")));
        Assert.Equal("\"again\"", await world.TextAsync("old", "title"));
        Assert.Empty(world.Notices.Last().Outcomes);
    }

    [Fact]
    public async Task R44_Writes_and_devices_that_meet_on_an_entity_all_take_effect_and_nobody_waits_for_ever()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"), world.A.Create("two"));
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.B, world.B.Create("other"));
        await world.AskedAsync(2);
        var work = new List<Task>();
        for (var i = 0; i < 20; i++)
        {
            var key = $"k{i}";
            work.Add(world.WrittenAsync(key, Increment));
            work.Add(world.DoneAsync(world.A, world.A.Increment("one", "minutes", 100)));
            // What is held up by a write holds up what follows it on its other entity.
            work.Add(world.DoneAsync(
                world.C, TestDevice.Transaction(world.C.Increment("one", "minutes", 10_000), world.C.Set("two", "title", $"\"{i}\""))));
            work.Add(world.DoneAsync(world.C, world.C.Increment("two", "minutes", 1)));
        }

        release();
        await blocker;
        await Task.WhenAll(work);
        Assert.Equal(60 + 2_000 + 200_000, await world.CounterAsync("one", "minutes"));
        Assert.Equal(("\"19\"", 20), (await world.TextAsync("two", "title"), await world.CounterAsync("two", "minutes")));
        foreach (var commit in world.Store.Committed)
        {
            var onOne = commit.Operations.Where(static entry => entry.Entity.Id == "one");
            Assert.True(onOne.Select(static entry => entry.Device == DeviceId.Backend).Distinct().Count() < 2);
        }
    }

    [Fact]
    public async Task R44_What_cannot_be_stored_is_refused_and_what_is_written_beside_it_is_not()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        world.Store.IsPoison = static entry => entry.Entity.Id == "poison";
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.B, world.B.Create("other"));
        await world.AskedAsync(2);
        var good = world.WrittenAsync("good", Increment);
        var bad = world.WrittenAsync("bad", static write => write.Put("tasks", "poison", new JsonObject()));
        release();
        await blocker;

        Assert.Equal(OutcomeKind.Applied, Assert.Single(await good).Kind);
        Assert.Equal(RejectionReason.Unstorable, Assert.Single(await bad).Reason);
        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
        Assert.NotEmpty(world.Errors.TakeErrors());
    }

    [Fact]
    public async Task R44_A_round_without_writes_asks_the_store_nothing_more()
    {
        var world = await NewWorldAsync();
        await world.WrittenAsync("k", static write => write.Put("tasks", "one", new JsonObject()));
        var (loads, reads) = (world.Store.Loads, world.Store.JournalReads);
        for (var i = 0; i < 5; i++) await world.DoneAsync(world.A, world.A.Create($"n{i}"));
        // The entities' own loads; World merges each at its grain.
        Assert.Equal((loads + 5, reads), (world.Store.Loads, world.Store.JournalReads));
    }
}

public sealed class WriteOnMemoryTests() : WriteTests(StoreKind.Memory);

public sealed class WriteOnSqliteTests() : WriteTests(StoreKind.Sqlite);

public sealed class WriteOnPostgresTests() : WriteTests(StoreKind.Postgres);
