using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>I3 and I11: what a round takes, in which order, and what waits.</summary>
public sealed class RoundTests() : ChangeLogTests(StoreKind.Memory)
{
    [Fact]
    public async Task What_queues_during_a_commit_shares_the_next_one()
    {
        var world = await NewWorldAsync();
        var release = world.Store.HoldCommits();
        var first = world.PushAsync(world.A, world.A.Create("one"));
        await world.AskedAsync(1);
        var rest = Enumerable.Range(0, 30).Select(i => world.PushAsync(i % 2 == 0 ? world.B : world.C, world.B.Create($"n{i}"))).ToArray();
        release();
        await Task.WhenAll([first, .. rest]);

        Assert.Equal([1, 30], world.Store.Committed.Select(commit => commit.Operations.Length));
    }

    [Fact]
    public async Task I3_Operations_of_a_device_on_an_entity_are_merged_in_timestamp_order()
    {
        var world = await NewWorldAsync();
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        var create = world.A.Create("one");
        var update = world.A.Increment("one", "minutes", 1);
        var later = world.PushAsync(world.A, update);
        var earlier = world.PushAsync(world.A, create);
        release();
        await Task.WhenAll(blocker, later, earlier);

        var merged = world.Merger.Calls.Single(call => call.Entity.Id == "one").Request.Operations;
        Assert.Equal([create.Id, update.Id], merged.Select(operation => operation.Id));
        Assert.Equal(OutcomeKind.Applied, Assert.Single((await later).Outcomes).Kind);
    }

    [Fact]
    public async Task I3_A_device_keeps_its_order_on_an_entity_across_rounds()
    {
        var world = await NewWorldAsync(Limits.Default with { RoundOperations = 4 });
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        var pushes = new List<Task<PushReply>>();
        foreach (var device in new[] { world.A, world.B })
        {
            pushes.Add(world.PushAsync(device, device.Create("e")));
            for (var i = 0; i < 15; i++)
            {
                pushes.Add(world.PushAsync(device, device.Increment("e", "minutes", 1), device.Set("e", "title", $"{i}")));
            }
        }

        release();
        await blocker;
        var outcomes = (await Task.WhenAll(pushes)).SelectMany(reply => reply.Outcomes);
        Assert.All(outcomes, outcome => Assert.Equal(RejectionReason.None, outcome.Reason));
        foreach (var device in new[] { world.A, world.B })
        {
            var counters = world.Store.Committed.SelectMany(commit => commit.Operations)
                .Where(entry => entry.Device == device.Id).Select(entry => entry.Counter).ToArray();
            Assert.Equal(counters.Order(), counters);
        }

        Assert.All(world.Store.Committed, commit => Assert.True(commit.Operations.Length <= 4));
        Assert.Equal(30, await world.CounterAsync("e", "minutes"));
    }

    [Fact]
    public async Task Rounds_take_from_the_devices_in_turn()
    {
        var world = await NewWorldAsync(Limits.Default with { RoundOperations = 4 });
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        var busy = Enumerable.Range(0, 20).Select(i => world.PushAsync(world.A, world.A.Create($"a{i}"))).ToArray();
        var quiet = world.PushAsync(world.B, world.B.Create("b"));
        release();
        await Task.WhenAll([blocker, quiet, .. busy]);

        Assert.Equal(2, (await quiet).Outcomes[0].Sequence);
        Assert.Equal(7, (await busy[^1]).Outcomes[0].Sequence);
    }

    [Fact]
    public async Task I11_A_full_queue_refuses_whole_batches_and_takes_again_once_it_is_answered()
    {
        var world = await NewWorldAsync(Limits.Default with { QueueOperations = 5, QueueBytes = 100_000 });
        var release = world.Store.HoldCommits();
        var first = world.PushAsync(world.A, world.A.Create("one"), world.A.Create("two"), world.A.Create("three"));
        await world.AskedAsync(1);
        var refused = world.B.Batch(world.B.Create("a"), world.B.Create("b"), world.B.Create("c"));
        var reply = await world.Log.PushAsync(refused);
        var fits = world.PushAsync(world.C, world.C.Create("d"), world.C.Create("e"));

        Assert.Equal(PushStatus.Overloaded, reply.Status);
        Assert.True(reply.RetryAfter > TimeSpan.Zero);
        release();
        Assert.Equal(PushStatus.Done, (await first).Status);
        Assert.Equal(PushStatus.Done, (await fits).Status);
        Assert.Null(await world.RowAsync("a"));
        Assert.Equal(PushStatus.Done, (await world.Log.PushAsync(refused)).Status);
    }

    [Fact]
    public async Task I11_The_queue_is_bounded_in_bytes_too()
    {
        var world = await NewWorldAsync(Limits.Default with { QueueBytes = 1_000 });
        var release = world.Store.HoldCommits();
        var first = world.Log.PushAsync(world.A.Batch(world.A.Create("one")) with { Bytes = 900 });
        Assert.Equal(PushStatus.Overloaded, (await world.Log.PushAsync(world.A.Batch(world.A.Create("two")) with { Bytes = 101 })).Status);
        release();
        Assert.Equal(PushStatus.Done, (await first).Status);
    }

    [Fact]
    public async Task A_counter_too_far_ahead_is_told_to_its_own_batch_only()
    {
        var world = await NewWorldAsync();
        var release = world.Store.HoldCommits();
        var blocker = world.PushAsync(world.C, world.C.Create("other"));
        await world.AskedAsync(1);
        var shared = world.A.Create("one");
        world.A.Counter = world.Limits.ClockAhead * 2;
        var ahead = world.PushAsync(world.A, shared, world.A.Create("two"));
        var innocent = world.PushAsync(world.A, shared);
        release();
        await blocker;

        Assert.Equal((PushStatus.CounterAhead, 1), ((await ahead).Status, (await ahead).FaultIndex));
        // It waited for an outcome that does not come: sending it again is safe, and gets it one.
        Assert.Equal(PushStatus.Unavailable, (await innocent).Status);
        Assert.Equal(OutcomeKind.Applied, Assert.Single(await world.DoneAsync(world.A, shared)).Kind);
    }

    [Fact]
    public async Task An_empty_batch_is_done()
    {
        var world = await NewWorldAsync();
        var reply = await world.PushAsync(world.A);
        Assert.Equal(PushStatus.Done, reply.Status);
        Assert.Empty(reply.Outcomes);
        Assert.Equal(0, world.Store.Claims);
    }

    [Fact]
    public async Task A_small_commit_is_told_whole_after_its_callers_are_answered()
    {
        var world = await NewWorldAsync();
        var outcomes = await world.DoneAsync(world.A, world.A.Create("b"), world.A.Create("a"), world.A.UpdateOfGone("c"));
        await World.Until(() => !world.Notices.IsEmpty);
        var notice = Assert.Single(world.Notices);
        var state = await world.StateAsync();

        Assert.True(notice.Whole);
        Assert.Equal((1L, 3L, state.Lineage), (notice.Sequence, notice.Clock, notice.Lineage));
        Assert.Equal(["a", "b"], notice.Rows.Select(row => row.Key.Id));
        Assert.All(notice.Rows, row => Assert.Equal(1, row.Sequence));
        Assert.Equal(outcomes.Select(outcome => new DeviceOutcome(world.A.Id, outcome)), notice.Outcomes);
    }

    [Fact]
    public async Task A_large_commit_is_told_as_the_new_head_only()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, [.. Enumerable.Range(0, world.Limits.NoticeRows + 1).Select(i => world.A.Create($"n{i}"))]);
        await world.DoneAsync(world.A, world.A.Create("big", value: $"\"{new string('x', world.Limits.NoticeBytes)}\""));
        await World.Until(() => world.Notices.Count == 2);

        Assert.All(world.Notices, notice => Assert.False(notice.Whole));
        Assert.All(world.Notices, notice => Assert.Empty(notice.Rows));
        Assert.Equal([1L, 2L], world.Notices.Select(notice => notice.Sequence));
    }

    [Fact]
    public async Task Digests_follow_the_rows()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("a"), world.A.Create("b"), world.A.Create("c"));
        await world.DoneAsync(world.A, world.A.Delete("b"), world.A.Set("a", "title", "\"y\""));
        await world.DoneAsync(world.B, world.B.Increment("c", "minutes", 3));
        var page = await world.AllRowsAsync();

        Assert.Equal(new TypeDigest("tasks", Digest.OfRows(page.Rows), 2), Assert.Single(page.Digests));
    }
}
