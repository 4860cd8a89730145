using System.Collections.Concurrent;
using Grpc.Core;
using OrleansSync.Client.Store;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Sync;

public sealed class PushFaultTests : WireTests
{
    [Fact]
    public async Task I2_An_operation_whose_acknowledgement_is_lost_is_sent_again_under_its_id_and_takes_effect_once()
    {
        var receipt = await Device.PutAsync("a", "one");
        var cuts = 1;
        Script.CutsAcknowledgement = _ => cuts-- > 0;

        var cut = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.True(cut.IsTransient, cut.Message);
        Assert.Equal(1, Device.Store.Status.Pending);

        await Device.Store.SyncNowAsync();
        Assert.Equal(0, Device.Store.Status.Pending);
        Assert.Equal(2, Script.Operations.Count());
        Assert.Equal(receipt.Operations.Single().Value, Assert.Single(Script.Journal).Key);
    }

    [Fact]
    public async Task A_stream_that_is_cut_returns_what_it_had_in_flight_and_counts_no_failure()
    {
        for (var i = 0; i < 20; i++)
        {
            await Device.PutAsync($"task-{i}", "offline");
            Script.OnBatch = _ => throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "gone"));
            await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        }

        var depth = await Device.Store.Log.DepthAsync(default);
        Assert.Equal((20, 0, 0), (depth.Pending, depth.InFlight, depth.DeadLetters));
        Script.OnBatch = null;
        await Device.Store.SyncNowAsync();
        Assert.Equal(20, Script.Journal.Count);
    }

    [Fact]
    public async Task An_operation_that_the_server_names_is_a_dead_letter_and_the_others_flow_on()
    {
        var good = await Device.PutAsync("a", "one");
        var bad = await Device.PutAsync("b", "two");
        var later = await Device.PutAsync("c", "three");
        var poison = bad.Operations.Single().Value;
        Script.OnBatch = batch => IndexOf(batch, poison) is { } index ? throw WireFaults.Malformed(index) : Task.CompletedTask;

        await Device.Store.SyncNowAsync();

        Assert.Equal([good.Operations.Single().Value, later.Operations.Single().Value], Script.Journal.Keys.Order());
        var letters = await Device.Store.DeadLetters.ListAsync().ToListAsync();
        Assert.Equal(poison, Assert.Single(letters).Operation.Value);
        Assert.Contains("not JSON", letters[0].Message, StringComparison.Ordinal);
        Assert.Equal(0, Device.Store.Status.Pending);
        Assert.Null(Device.Store.Status.LastError);
    }

    [Fact]
    public async Task A_transaction_with_a_malformed_operation_goes_whole()
    {
        await Device.Store.TransactionAsync(transaction =>
        {
            for (var i = 0; i < 3; i++) transaction.Put(Device.Tasks, new SyncDocument($"t{i}", []));
        });
        await Device.PutAsync("other", "one");
        Script.OnBatch = batch => batch.Operations.Count == 3 ? throw WireFaults.Malformed(1) : Task.CompletedTask;

        await Device.Store.SyncNowAsync();

        Assert.Equal(3, Device.Store.Status.DeadLetters);
        Assert.Single(Script.Journal);
        Assert.Equal(0, Device.Store.Status.Pending);
    }

    [Fact]
    public async Task I10_An_operation_the_server_cannot_take_is_a_dead_letter_after_the_fifth_answer_while_others_flow_on()
    {
        var bad = await Device.PutAsync("b", "two");
        var poison = bad.Operations.Single().Value;
        Script.OnBatch = batch => IndexOf(batch, poison) is not null ? throw WireFaults.Internal() : Task.CompletedTask;
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal(0, Device.Store.Status.DeadLetters);
            await Device.PutAsync($"healthy-{i}", "one");
            await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
            if (i > 1) Assert.Equal(i, Script.Journal.Count);
        }

        var letter = Assert.Single(await Device.Store.DeadLetters.ListAsync().ToListAsync());
        Assert.Equal((poison, 5), (letter.Operation.Value, letter.Failures));
        await Device.Store.SyncNowAsync();
        Assert.Equal((0, 5), (Device.Store.Status.Pending, Script.Journal.Count));
    }

    [Fact]
    public async Task A_status_of_a_proxy_is_no_answer_of_the_server()
    {
        await Device.PutAsync("a", "one");
        Script.OnBatch = _ => throw new RpcException(new Grpc.Core.Status(StatusCode.Unknown, "Bad gateway page"));
        for (var i = 0; i < 7; i++) await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal((1, 0), (Device.Store.Status.Pending, Device.Store.Status.DeadLetters));
    }

    [Fact]
    public async Task I3_No_two_batches_on_their_way_share_an_entity_and_no_more_are_sent_than_the_window_allows()
    {
        // Batches of five: the first ones share no entity, so the window is the limit; the last ones share all of theirs.
        for (var i = 0; i < 25; i++) await Device.PutAsync($"task-{i}", "round 0");
        for (var round = 1; round <= 3; round++)
        {
            // Deletes and creates in turn: each opens or ends a life of the entity, so they stay apart.
            for (var i = 20; i < 25; i++)
            {
                if (round == 2) await Device.PutAsync($"task-{i}", $"round {round}");
                else await Device.Tasks.DeleteAsync($"task-{i}");
            }
        }

        var inFlight = new ConcurrentDictionary<long, HashSet<string>>();
        var most = 0;
        var overlaps = 0;
        Script.Window = 3;
        Script.Limits = Core.Limits.Default with { BatchOperations = 5 };
        Script.OnReceived = batch =>
        {
            var entities = batch.Operations.Select(operation => operation.EntityId).ToHashSet(StringComparer.Ordinal);
            if (inFlight.Values.Any(other => other.Overlaps(entities))) Interlocked.Increment(ref overlaps);
            inFlight[batch.Number] = entities;
            most = Math.Max(most, inFlight.Count);
        };
        // A commit takes a while, in which a device that does not wait would be seen.
        Script.OnBatch = _ => Task.Delay(TimeSpan.FromMilliseconds(5));
        Script.Rewrite = acknowledgement => inFlight.TryRemove(acknowledgement.Number, out _);

        await Device.Store.SyncNowAsync();

        Assert.Equal(0, overlaps);
        Assert.InRange(most, 1, 3);
        Assert.Equal(40, Script.Journal.Count);
        foreach (var entity in Script.Operations.GroupBy(operation => operation.EntityId))
            Assert.Equal(entity.Select(operation => operation.Counter).Order(), entity.Select(operation => operation.Counter));
    }

    [Fact]
    public async Task An_acknowledgement_counts_even_where_the_stream_broke_before_it_was_read()
    {
        Script.Limits = Core.Limits.Default with { BatchOperations = 1 };
        var first = (await Device.PutAsync("a", "one")).Operations.Single();
        await Device.PutAsync("b", "two");
        // The device is kept from taking its second batch until the server has acknowledged the first and ended the stream.
        using var held = new ManualResetEventSlim();
        Task holding = Task.CompletedTask;
        Script.OnOpened = async () =>
        {
            await Eventually.TrueAsync(async () => (await Device.Store.Log.DepthAsync(default)).InFlight == 1, "the first batch is taken");
            var holds = new TaskCompletionSource();
            holding = Device.Store.TransactionAsync(_ =>
            {
                holds.SetResult();
                held.Wait();
            });
            await holds.Task;
        };
        Script.EndsAfter = _ => new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the server restarts"));
        var sync = Device.Store.SyncNowAsync();
        try
        {
            await Eventually.TrueAsync(() => Script.Journal.Count == 1 && !Script.Open.Values.Contains("Push"), "the stream has ended");
        }
        finally
        {
            held.Set();
            await holding;
        }

        await Assert.ThrowsAsync<SyncException>(() => sync);

        (Script.OnOpened, Script.EndsAfter) = (null, null);
        await Device.Store.SyncNowAsync();
        Assert.Single(Script.Operations, operation => operation.Id.Equals(WirePages.Uuid(first.Value)));
        Assert.Equal((2, 0), (Script.Journal.Count, Device.Store.Status.Pending));
    }

    [Fact]
    public async Task An_answer_with_the_wrong_outcomes_is_refused_and_nothing_of_it_is_recorded()
    {
        await Device.PutAsync("a", "one");
        Script.Rewrite = acknowledgement => acknowledgement.Outcomes[0].OperationId = WirePages.Uuid(Guid.NewGuid());
        var wrong = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("OS1018", wrong.Code);
        Assert.Equal(1, Device.Store.Status.Pending);
    }

    [Fact]
    public async Task A_cancelled_sync_ends_its_streams_and_leaves_nothing_in_flight()
    {
        await Device.PutAsync("a", "one");
        var arrived = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        Script.OnBatch = _ =>
        {
            arrived.TrySetResult();
            return never.Task;
        };
        using var cancel = new CancellationTokenSource();
        var sync = Device.Store.SyncNowAsync(cancel.Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync);
        never.SetCanceled();
        await Eventually.TrueAsync(() => Script.Open.IsEmpty, "the server sees every stream end");
        await Eventually.TrueAsync(async () => (await Device.Store.Log.DepthAsync(default)).InFlight == 0, "nothing is left in flight");
        Assert.Equal(1, Device.Store.Status.Pending);

        Script.OnBatch = null;
        await Device.Store.SyncNowAsync();
        Assert.Equal(0, Device.Store.Status.Pending);
    }

    [Fact]
    public async Task An_acknowledgement_that_the_disk_kept_from_being_recorded_is_asked_for_again_by_the_next_sync()
    {
        await Device.PutAsync("a", "one");
        await OnWriterAsync("CREATE TEMP TRIGGER full BEFORE UPDATE ON operations BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal(1, (await Device.Store.Log.DepthAsync(default)).Pending);

        await OnWriterAsync("DROP TRIGGER full");
        await Device.Store.SyncNowAsync();

        var depth = await Device.Store.Log.DepthAsync(default);
        Assert.Equal((0, 0, 1), (depth.Pending, depth.InFlight, Script.Journal.Count));
    }

    [Fact]
    public async Task What_a_push_left_in_flight_is_sent_by_the_next_sync()
    {
        await Device.PutAsync("a", "one");
        await Device.Store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Core.Limits.Default, long.MaxValue, default);

        await Device.Store.SyncNowAsync();

        var depth = await Device.Store.Log.DepthAsync(default);
        Assert.Equal((0, 0, 1), (depth.Pending, depth.InFlight, Script.Journal.Count));
    }

    [Fact]
    public async Task A_sync_sends_all_that_was_pending_however_much_is_written_meanwhile()
    {
        Script.Limits = Core.Limits.Default with { BatchOperations = 1 };
        await Device.PutAsync("b", "one");
        await Device.PutAsync("a", "two");
        var last = (await Device.PutAsync("a", "three")).Operations.Single().Value;
        // The last one waits for the one before it, of its entity; new ones, which wait for nothing, could take its place.
        Script.OnBatch = async batch =>
        {
            if (batch.Number != 1) return;
            await Eventually.TrueAsync(() => Script.Batches.Count == 2, "the next batch is sent");
            for (var i = 0; i < 5; i++) await Device.PutAsync($"new-{i}", "meanwhile");
        };

        await Device.Store.SyncNowAsync();

        Assert.Contains(last, Script.Journal.Keys);
    }

    private Task<bool> OnWriterAsync(string sql) => Device.Store.Database.RunAsync(
        context =>
        {
            context.Connection.RunScript(sql);
            return true;
        },
        CancellationToken.None);

    private static int? IndexOf(Protocol.V1.OperationBatch batch, Guid id)
    {
        var wire = WirePages.Uuid(id);
        for (var i = 0; i < batch.Operations.Count; i++)
        {
            if (batch.Operations[i].Id.Equals(wire)) return i;
        }

        return null;
    }
}
