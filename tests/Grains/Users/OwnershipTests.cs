using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>I7 and I9: one writer, and who may write.</summary>
public abstract class OwnershipTests(StoreKind kind) : ChangeLogTests(kind)
{
    [Fact]
    public async Task The_claim_happens_at_the_first_write()
    {
        var world = await NewWorldAsync();
        Assert.Equal(0, world.Store.Claims);
        await world.DoneAsync(world.A, world.A.Create("one"));
        await world.DoneAsync(world.A, world.A.Create("two"));
        Assert.Equal(1, world.Store.Claims);
    }

    [Fact]
    public async Task I7_A_stale_owner_cannot_commit()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var release = world.Store.HoldCommits();
        var stale = world.PushAsync(world.A, world.A.Increment("one", "minutes", 1));
        await world.AskedAsync(2);
        // Another activation takes over while the first one's commit is on its way.
        var other = world.NewLog(new LocalMerger(world.Scope, world.Store, world.Limits));
        var taken = other.PushAsync(world.B.Batch(world.B.Increment("one", "minutes", 10)));
        await world.AskedAsync(3);
        release();
        await Task.WhenAll(stale, taken);

        Assert.Equal(11, await world.CounterAsync("one", "minutes"));
        // Two owners note their commits here, so not always in the order in which the store took them.
        var sequences = world.Store.Committed.Select(commit => commit.Sequence);
        Assert.Equal([1L, 2L, 3L], sequences.Order());
        Assert.True(world.Store.Asked.Count > world.Store.Committed.Count, "No commit was fenced: the test proves nothing.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task I7_Two_owners_of_one_scope_end_every_operation_exactly_once(bool sharedEntities)
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.C, world.C.Create("one"));
        ChangeLogOptions options = World.AtGrains with { GiveUpAfter = TimeSpan.FromHours(1) };
        var first = world.NewLog(options: options);
        var second = world.NewLog(sharedEntities ? world.Merger : new LocalMerger(world.Scope, world.Store, world.Limits), options);
        await Task.WhenAll(WriteAsync(first, world.A), WriteAsync(second, world.B)).WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(60, await world.CounterAsync("one", "minutes"));
        var sequences = world.Store.Committed.Select(commit => commit.Sequence);
        Assert.Equal(Enumerable.Range(1, world.Store.Committed.Count).Select(i => (long)i), sequences.Order());
        Assert.Equal(61, world.Store.Committed.Sum(commit => commit.Operations.Length));

        static async Task WriteAsync(ChangeLog log, TestDevice device)
        {
            for (var i = 0; i < 30; i++)
            {
                var reply = await log.PushAsync(device.Batch(device.Increment("one", "minutes", 1)));
                Assert.Equal(PushStatus.Done, reply.Status);
            }
        }
    }

    [Fact]
    public async Task I9_Queued_batches_of_a_revoked_device_are_refused()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.B, world.B.Create("one"));
        var release = world.Store.HoldCommits();
        var underWay = world.PushAsync(world.A, world.A.Increment("one", "minutes", 1));
        await world.AskedAsync(2);
        var queued = world.PushAsync(world.A, world.A.Increment("one", "minutes", 2));
        var ofOther = world.PushAsync(world.B, world.B.Increment("one", "minutes", 4));
        await world.Store.RevokeDeviceAsync(world.Scope, world.A.Id, CancellationToken.None);
        release();

        Assert.Equal(PushStatus.DeviceRefused, (await underWay).Status);
        Assert.Equal(PushStatus.DeviceRefused, (await queued).Status);
        Assert.Equal(PushStatus.Done, (await ofOther).Status);
        Assert.Equal(4, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task I9_An_unknown_device_is_refused_and_one_registered_since_the_claim_is_not()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var stranger = new TestDevice(9);
        var operation = stranger.Create("two");
        Assert.Equal(PushStatus.DeviceRefused, (await world.PushAsync(stranger, operation)).Status);
        Assert.Null(await world.RowAsync("two"));
        await world.RegisterAsync(stranger);
        await world.DoneAsync(stranger, operation);
    }

    [Fact]
    public async Task A_counter_too_far_ahead_of_the_clock_is_refused_with_its_index()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var allowed = world.A.Increment("one", "minutes", 1) with { Counter = 1 + world.Limits.ClockAhead };
        var ahead = world.A.Increment("one", "minutes", 2) with { Counter = 2 + world.Limits.ClockAhead };
        var reply = await world.PushAsync(world.A, world.A.Create("two"), ahead);

        Assert.Equal((PushStatus.CounterAhead, 1), (reply.Status, reply.FaultIndex));
        Assert.Null(await world.RowAsync("two"));
        Assert.Equal(1, (await world.StateAsync()).Head);
        await world.DoneAsync(world.A, allowed);
        Assert.Equal(1 + world.Limits.ClockAhead, (await world.StateAsync()).Clock);
        await world.DoneAsync(world.A, ahead);
    }

    [Fact]
    public async Task Another_owners_commits_are_learned_with_the_claim()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var other = world.NewLog();
        await other.PushAsync(world.B.Batch(world.B.Increment("one", "minutes", 1), world.B.Create("two")));
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 2));

        Assert.Equal(3, await world.CounterAsync("one", "minutes"));
        var page = await world.AllRowsAsync();
        var digest = Assert.Single(page.Digests);
        Assert.Equal(new TypeDigest("tasks", Digest.OfRows(page.Rows), 2), digest);
    }
}

public sealed class OwnershipOnMemoryTests() : OwnershipTests(StoreKind.Memory);

public sealed class OwnershipOnSqliteTests() : OwnershipTests(StoreKind.Sqlite);

public sealed class OwnershipOnPostgresTests() : OwnershipTests(StoreKind.Postgres);
