using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Backend;
using OrleansSync.Gateway.Tests.Support;

namespace OrleansSync.Gateway.Tests.Backend;

/// <summary>R44: server code follows what devices and other server code change.</summary>
[Collection(SharedServerTests.Name)]
public sealed class FeedTests(SharedServer shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _user = SharedServer.NewUser();
    private readonly ISyncFeed _feed = shared.Server.Services.GetRequiredService<ISyncFeed>();
    private readonly ISyncWriter _writer = shared.Server.Services.GetRequiredService<ISyncWriter>();

    [Fact]
    public async Task I5_R44_Changes_come_in_the_order_of_their_commits_and_each_checkpoint_goes_on_right_after_its_batch()
    {
        var device = await TestDevice.OpenAsync(shared.Server, _user);
        for (var i = 0; i < 6; i++)
        {
            await device.PushAsync(device.Create("tasks", $"t{i}", TestDevice.Set("title", $"\"{i}\"")));
            await WriteAsync($"n{i}", write => write.Put("notes", $"n{i}", new JsonObject { ["text"] = i }));
        }

        await device.PushAsync(device.Update("tasks", "t0", TestDevice.Increment("minutes", 7)));
        var batches = await ReadAsync(FeedCheckpoint.Start);
        Assert.Equal(Enumerable.Range(2, 12).Select(static i => (long)i), batches.Select(static batch => batch.Sequence));
        Assert.Equal([false, true], batches.Select(static batch => batch.CaughtUp).Distinct());
        Assert.All(batches, static batch => Assert.Equal(batch.Changes[0].Type == "notes", Assert.Single(batch.Changes).ByBackend));
        var last = batches[^1].Changes[0];
        Assert.Equal(("t0", 13L, "{\"minutes\":7,\"title\":\"0\"}"), (last.Id, last.Version, last.ToJsonObject().ToJsonString()));

        for (var i = 0; i < batches.Count; i++)
        {
            var rest = await ReadAsync(FeedCheckpoint.Parse(batches[i].Checkpoint.ToString()));
            Assert.Equal(batches.Skip(i + 1).Select(static batch => batch.Sequence), rest.Select(static batch => batch.Sequence));
        }

        await WriteAsync("delete", static write => write.Delete("notes", "n3").Delete("tasks", "t1"));
        var deleted = Assert.Single(await ReadAsync(batches[^1].Checkpoint)).Changes;
        Assert.Equal([("notes", "n3"), ("tasks", "t1")], deleted.Select(static change => (change.Type, change.Id)));
        Assert.All(deleted, static change => Assert.True(change is { Deleted: true, Document.IsEmpty: true, Version: 14 }));
        var anew = (await ReadAsync(FeedCheckpoint.Start)).SelectMany(static batch => batch.Changes);
        Assert.DoesNotContain("n3", anew.Select(static change => change.Id));
        var notes = (await ReadAsync(FeedCheckpoint.Start, "notes")).SelectMany(static batch => batch.Changes);
        Assert.Equal(["notes"], notes.Select(static change => change.Type).Distinct());
    }

    [Fact]
    public async Task R44_A_reader_that_dies_before_it_has_stored_its_checkpoint_gets_the_batch_again()
    {
        for (var i = 0; i < 5; i++) await WriteAsync($"n{i}", write => write.Put("notes", $"n{i}", new JsonObject()));
        var (handled, stored) = (new List<string>(), FeedCheckpoint.Start);
        for (var died = true; died;)
        {
            died = false;
            await foreach (var batch in _feed.ReadAsync(_user, stored))
            {
                var id = Assert.Single(batch.Changes).Id;
                died = !handled.Contains(id);
                handled.Add(id);
                if (died) break;
                stored = batch.Checkpoint;
            }
        }

        // Each twice, once before and once after the death, and in order.
        Assert.Equal(Enumerable.Range(0, 5).SelectMany(static i => new[] { $"n{i}", $"n{i}" }), handled);
        Assert.Empty(await ReadAsync(stored));
    }

    [Fact]
    public async Task R44_A_follower_sees_every_commit_as_it_is_made_and_one_that_was_slow_reads_what_it_missed()
    {
        using var stop = new CancellationTokenSource(Patience);
        await using var follower = _feed.FollowAsync(_user, FeedCheckpoint.Start).GetAsyncEnumerator(stop.Token);
        // There is no data yet; the first commit is the first batch.
        var first = follower.MoveNextAsync();
        await WriteAsync("n0", static write => write.Put("notes", "n0", new JsonObject()));
        Assert.True(await first);
        Assert.Equal("n0", Assert.Single(follower.Current.Changes).Id);

        // More than wait for one reader, and in one go: the same as one by one.
        for (var i = 1; i <= 80; i++) await WriteAsync($"n{i}", write => write.Put("notes", $"n{i}", new JsonObject()));
        var (seen, sequence) = (new List<string>(), follower.Current.Sequence);
        while (seen.Count < 80)
        {
            Assert.True(await follower.MoveNextAsync());
            Assert.True(follower.Current.Sequence > sequence);
            sequence = follower.Current.Sequence;
            seen.AddRange(follower.Current.Changes.Select(static change => change.Id));
        }

        Assert.Equal(Enumerable.Range(1, 80).Select(static i => $"n{i}"), seen);
        var next = follower.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task I5_I6_R44_Beside_transactions_of_devices_and_of_server_code_readers_with_small_pages_see_each_whole_and_miss_none()
    {
        await using var server = await GatewayServer.StartAsync(static sync =>
            sync.ConfigureLimits(static limits => limits with { PageRows = 3, NoticeRows = 4 }));
        var (feed, writer) = (server.Services.GetRequiredService<ISyncFeed>(), server.Services.GetRequiredService<ISyncWriter>());
        const int pairs = 6;
        const int writes = 60;
        using var stop = new CancellationTokenSource(Patience);
        var readers = Enumerable.Range(0, 3).Select(i => FollowAsync(feed, i > 0, stop.Token)).ToArray();
        var device = await TestDevice.OpenAsync(server, _user);
        var pushing = Task.Run(async () =>
        {
            for (var i = 0; i < writes; i++)
            {
                var (left, right, one) = ($"l{i % pairs}", $"r{i % pairs}", TestDevice.Increment("n", 1));
                var both = TestDevice.Transaction(device.Create("tasks", left, one), device.Create("tasks", right, one.Clone()));
                await device.PushAsync(both);
            }
        });
        for (var i = 0; i < writes; i++)
        {
            // All pairs at once: more than a page holds.
            await writer.WriteAsync(_user, $"k{i}", write =>
            {
                for (var pair = 0; pair < pairs; pair++)
                {
                    var value = new JsonObject { ["v"] = i };
                    write.Put("tasks", $"l{pair}", value).Put("tasks", $"r{pair}", value);
                }
            });
        }

        await pushing;
        await writer.WriteAsync(_user, "end", static write => write.Put("tasks", "end", new JsonObject()));
        foreach (var rows in await Task.WhenAll(readers))
        {
            var pulled = (await device.PullAsync()).Rows;
            Assert.Equal(
                pulled.OrderBy(static row => row.EntityId, StringComparer.Ordinal).Select(static row => (row.EntityId, row.Sequence)),
                rows.Values.OrderBy(static row => row.Id, StringComparer.Ordinal).Select(static row => (row.Id, row.Version)));
        }
    }

    // Until the end is seen; one that stops now and then goes on from its last checkpoint.
    private async Task<Dictionary<string, SyncChange>> FollowAsync(ISyncFeed feed, bool stops, CancellationToken cancellationToken)
    {
        var (rows, position, sequence) = (new Dictionary<string, SyncChange>(StringComparer.Ordinal), FeedCheckpoint.Start, 0L);
        while (true)
        {
            var left = stops ? 5 : int.MaxValue;
            await foreach (var batch in feed.FollowAsync(_user, position, cancellationToken: cancellationToken))
            {
                Assert.True(batch.Sequence > sequence, $"{batch.Sequence} after {sequence}");
                (sequence, position) = (batch.Sequence, batch.Checkpoint);
                foreach (var change in batch.Changes) rows[change.Id] = change;
                if (batch.CaughtUp) AssertWhole(rows);
                if (rows.ContainsKey("end")) return rows;
                if (--left == 0) break;
            }
        }
    }

    private static void AssertWhole(Dictionary<string, SyncChange> rows)
    {
        foreach (var (id, left) in rows.Where(static row => row.Key[0] == 'l'))
        {
            var right = rows[$"r{id[1..]}"];
            Assert.Equal((left.Version, left.ToJsonObject().ToJsonString()), (right.Version, right.ToJsonObject().ToJsonString()));
        }
    }

    private Task<WriteResult> WriteAsync(string key, Action<SyncWrite> write) => _writer.WriteAsync(_user, key, write);

    private async Task<List<ChangeBatch>> ReadAsync(FeedCheckpoint from, params string[] types) =>
        await _feed.ReadAsync(_user, from, types).ToListAsync();
}
