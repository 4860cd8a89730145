using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>Automatic syncing: watch, debounced pushes, reconnection; in virtual time, over a real wire.</summary>
public sealed class LiveSyncTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly Channel<Page> _commits = Channel.CreateBounded<Page>(16);
    private ScriptedGateway _gateway = null!;
    private TestDevice _device = null!;

    private WireScript Script => _gateway.Script;

    private SyncStatus Status => _device.Store.Status;

    public async Task InitializeAsync()
    {
        _gateway = await ScriptedGateway.StartAsync();
        Script.Watched = WatchAsync;
        _device = await TestDevice.OpenAsync(_gateway.Address, options => options with { AutoSync = true, TimeProvider = _time });
        await OnlineAsync();
    }

    public async Task DisposeAsync()
    {
        await _device.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Writes_leave_together_when_three_seconds_are_quiet()
    {
        for (var i = 0; i < 10; i++)
        {
            await _device.PutAsync($"task-{i}", "one");
            _time.Advance(TimeSpan.FromSeconds(0.25));
        }

        Assert.Empty(Script.Batches);
        _time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.TrueAsync(() => Status.Pending == 0, "the push");
        Assert.Equal(10, Assert.Single(Script.Batches).Operations.Count);
        Assert.Single(Script.Handshakes);
    }

    [Fact]
    public async Task R5_A_device_that_opens_paused_syncs_once_it_is_resumed()
    {
        var before = Script.Handshakes.Count;
        await using var paused = await TestDevice.OpenAsync(
            _gateway.Address, options => options with { AutoSync = true, StartsPaused = true, TimeProvider = _time });
        await paused.PutAsync("a", "x");
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(SyncConnection.Paused, paused.Store.Status.Connection);
        Assert.Equal("OS1020", (await Assert.ThrowsAsync<SyncException>(() => paused.Store.SyncNowAsync())).Code);
        Assert.DoesNotContain(Script.Handshakes.Skip(before), one => one.DeviceId == WirePages.Uuid(paused.Store.DeviceId));

        paused.Store.Resume();
        await Eventually.TrueAsync(() => paused.Store.Status is { Pending: 0, Connection: SyncConnection.Online }, "online");
    }

    [Fact]
    public async Task Only_a_device_that_is_online_and_waits_for_no_further_writes_sends_one_at_once()
    {
        Assert.False(_device.Store.Database.LeavesAtOnce());
        await using var eager = await TestDevice.OpenAsync(
            _gateway.Address, options => options with { AutoSync = true, TimeProvider = _time, Debounce = TimeSpan.Zero });
        await Eventually.TrueAsync(() => eager.Store.Status.Connection == SyncConnection.Online, "online");
        Assert.True(eager.Store.Database.LeavesAtOnce());

        eager.Store.Pause();
        Assert.False(eager.Store.Database.LeavesAtOnce());
    }

    [Fact]
    public async Task A_push_carries_what_was_pending_when_it_began_however_fast_the_app_writes()
    {
        var written = 0;
        Script.Window = 1;
        // Each batch that arrives finds a new write behind it: without an end the push would go on for ever.
        Script.OnBatch = async _ => await _device.PutAsync($"next-{Interlocked.Increment(ref written)}", "one");
        await _device.PutAsync("first", "one");
        for (var push = 1; push <= 3; push++)
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            Assert.Equal(push, _device.Logs.Entered(SessionPhase.Pushing));
            await Eventually.TrueAsync(() => _device.Logs.Entered(SessionPhase.Watching) == push + 1, "the end of the push");
            Assert.Equal((push, 1), (Script.Batches.Count, Status.Pending));
        }
    }

    [Fact]
    public async Task R7_What_was_written_on_one_entity_while_it_waited_leaves_as_one_operation()
    {
        var receipts = new List<WriteReceipt>();
        for (var i = 0; i < 10; i++) receipts.Add(await _device.PutAsync("a", $"title {i}"));
        _time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.TrueAsync(() => Status.Pending == 0, "the push");

        var sent = Assert.Single(Assert.Single(Script.Batches).Operations);
        Assert.Equal((OperationKind.Create, "title 9"), (sent.Kind, sent.Changes.Single().Set.ToStringUtf8().Trim('"')));
        foreach (var receipt in receipts) Assert.Equal(Core.OutcomeKind.Applied, (await receipt.Outcome.WaitAsync(TimeSpan.FromSeconds(30))).Kind);
        Assert.Equal(9, _device.Logs.Count(1108));
    }

    [Fact]
    public async Task R5_A_device_that_saves_waits_longer_and_sends_at_once_when_it_saves_no_more()
    {
        var conditions = new ToldConditions { Current = new DeviceConditions(NetworkAvailable: false, Saving: true) };
        // On this machine the network is not in the way.
        await using var device = await TestDevice.OpenAsync(
            _gateway.Address, options => options with { AutoSync = true, TimeProvider = _time, Debounce = TimeSpan.Zero, Conditions = conditions });
        await Eventually.TrueAsync(() => device.Store.Status.Connection == SyncConnection.Online, "online");
        Assert.False(device.Store.Database.LeavesAtOnce());
        await device.PutAsync("a", "one");
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(Script.Batches);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => device.Store.Status.Pending == 0, "the push after a minute");

        await device.PutAsync("b", "one");
        conditions.Tell(new DeviceConditions(NetworkAvailable: true));
        await Eventually.TrueAsync(() => device.Store.Status.Pending == 0, "the push at once");
        Assert.True(device.Store.Database.LeavesAtOnce());
        await device.Store.DisposeAsync();
        Assert.False(conditions.IsHeard);
    }

    [Fact]
    public async Task Pushes_share_a_stream_that_ends_after_ten_seconds_of_rest()
    {
        var opened = 0;
        Script.OnOpened = () => Task.FromResult(Interlocked.Increment(ref opened));
        await PushAsync("a");
        await PushAsync("b");
        Assert.Equal((1, 2), (opened, Script.Batches.Count));

        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Contains("Push", Script.Open.Values);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await Eventually.TrueAsync(() => !Script.Open.Values.Contains("Push"), "the end of the stream");
        await PushAsync("c");
        Assert.Equal((2, 3, 1), (opened, Script.Batches.Count, Script.Handshakes.Count));
    }

    [Fact]
    public async Task A_logger_of_the_app_that_throws_does_not_end_syncing()
    {
        var loggers = new FailingLoggers();
        Script.Watched = null;
        await using var device = await TestDevice.OpenAsync(
            _gateway.Address, options => options with { AutoSync = true, TimeProvider = _time, LoggerFactory = loggers });
        await Eventually.TrueAsync(() => device.Store.Status.Connection == SyncConnection.Online, "online");
        Script.OnBatch = _ => throw new InvalidOperationException("the server breaks");
        await device.PutAsync("a", "one");
        _time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.TrueAsync(() => device.Store.Status.LastError is not null, "the session breaks");

        Script.OnBatch = null;
        _time.Advance(TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(() => device.Store.Status.Pending == 0, "the next session pushes");
        Assert.NotEqual(0, loggers.Failed);
    }

    [Fact]
    public async Task A_commit_of_another_device_arrives_over_the_watch()
    {
        await _commits.Writer.WriteAsync(WirePages.Complete(Script.Lineage, 1, WirePages.Task("theirs", 1, "hello")));
        await Eventually.TrueAsync(async () => await _device.TitleAsync("theirs") == "hello", "the commit");
        Assert.Equal(_time.GetUtcNow(), Status.LastSynced);
        Assert.Single(Script.Pulls);
    }

    [Fact]
    public async Task A_watch_that_breaks_is_connected_again_after_the_backoff_from_the_cursor_it_reached()
    {
        await _commits.Writer.WriteAsync(WirePages.Complete(Script.Lineage, 1, WirePages.Task("theirs", 1, "hello")));
        await Eventually.TrueAsync(() => _device.Store.Log.State.Cursor == 1, "the commit");
        Script.Pages = request => WirePages.Stream(WirePages.Complete(Script.Lineage, request.Cursor.Sequence));
        _commits.Writer.Complete(new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the server restarts")));
        await Eventually.TrueAsync(() => Status.Connection == SyncConnection.Connecting, "the loss is noticed");
        Assert.Contains("the server restarts", Status.LastError, StringComparison.Ordinal);

        Script.Watched = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        await OnlineAsync();
        Assert.Null(Status.LastError);
        Assert.Equal(1, Script.Watches.Last().Cursor.Sequence);
    }

    [Fact]
    public async Task A_server_that_names_a_time_is_not_called_before_it()
    {
        Script.OnBatch = _ => throw WireFaults.QueueFull(TimeSpan.FromSeconds(200));
        await _device.PutAsync("a", "one");
        _time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.TrueAsync(() => Status.Connection == SyncConnection.Connecting, "the refusal");
        Script.OnBatch = null;
        _time.Advance(TimeSpan.FromSeconds(199));
        Assert.Equal(1, _device.Logs.Entered(SessionPhase.Connecting));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _device.Logs.Entered(SessionPhase.Connecting));
        await Eventually.TrueAsync(() => Status.Pending == 0, "the push");
    }

    [Fact]
    public async Task A_cursor_that_expires_under_a_watch_starts_a_full_sync_in_the_same_session()
    {
        Script.Watched = null;
        _commits.Writer.Complete(WireFaults.Of(StatusCode.FailedPrecondition, "CURSOR_EXPIRED"));
        await Eventually.TrueAsync(() => Script.Watches.Count == 2, "watching again");
        Assert.Equal((2, 1), (Script.Pulls.Count, Script.Handshakes.Count));
        Assert.Equal(SyncConnection.Online, Status.Connection);
    }

    [Fact]
    public async Task A_sync_on_request_interrupts_the_watch_for_a_full_sync_and_watches_again()
    {
        await _device.PutAsync("a", "one");
        await _device.Store.SyncNowAsync();
        Assert.Equal(0, Status.Pending);
        Assert.Single(Script.Journal);
        await OnlineAsync();
        await Eventually.TrueAsync(() => Script.Watches.Count == 2, "watching again");
        Assert.Single(Script.Handshakes);
    }

    [Fact]
    public async Task A_refused_token_pauses_until_the_credentials_have_another_one()
    {
        // The device is watching with a good token; from now on none is good until somebody signs in.
        Script.OnToken = token =>
        {
            if (token == "dev:ada") throw WireFaults.TokenInvalid();
        };
        _commits.Writer.Complete(new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the server restarts")));
        await Eventually.TrueAsync(() => Status.Connection == SyncConnection.Connecting, "the loss is noticed");
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => Status.Connection == SyncConnection.Unauthenticated, "the refusal");

        Script.OnToken = null;
        Script.Watched = null;
        _device.Store.Resume();
        await OnlineAsync();
    }

    [Fact]
    public async Task Closing_the_store_ends_its_streams_at_once()
    {
        Assert.Contains("Watch", Script.Open.Values);
        await _device.Store.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        await Eventually.TrueAsync(() => Script.Open.IsEmpty, "the server sees every stream end");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _device.Store.SyncNowAsync());
    }

    [Fact]
    public async Task A_sync_that_is_under_way_when_the_store_closes_is_told_so()
    {
        var arrived = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        Script.OnBatch = _ =>
        {
            arrived.TrySetResult();
            return never.Task;
        };
        await _device.PutAsync("a", "one");
        var sync = _device.Store.SyncNowAsync();
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await _device.Store.DisposeAsync();
        never.SetCanceled();
        Assert.Equal("OS1021", (await Assert.ThrowsAsync<SyncException>(() => sync)).Code);
        await _device.ReopenAsync();
        Assert.Equal(1, (await _device.Store.Log.DepthAsync(default)).Pending);
    }

    [Fact]
    public async Task A_pause_ends_the_watch_and_a_resume_connects_again()
    {
        _device.Store.Pause();
        await Eventually.TrueAsync(() => Script.Open.IsEmpty, "the watch ends");
        Assert.Equal(SyncConnection.Paused, Status.Connection);
        await _device.PutAsync("a", "one");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(Script.Batches);
        _device.Store.Resume();
        await Eventually.TrueAsync(() => Status.Pending == 0, "the push");
    }

    private async Task PushAsync(string id)
    {
        await _device.PutAsync(id, "one");
        _time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.TrueAsync(() => Status.Pending == 0 && _device.Logs.Entered(SessionPhase.Watching) > Script.Batches.Count, "the push");
    }

    private async Task OnlineAsync()
    {
        await Eventually.TrueAsync(() => Status.Connection == SyncConnection.Online, "online");
        await Eventually.TrueAsync(() => Script.Open.Values.Contains("Watch"), "watching");
    }

    private IAsyncEnumerable<Page> WatchAsync(WatchRequest request, CancellationToken cancellationToken) => _commits.Reader.ReadAllAsync(cancellationToken);

    private sealed class ToldConditions : IDeviceConditions
    {
        public event Action? Changed;

        public DeviceConditions Current { get; set; }

        public bool IsHeard => Changed is not null;

        public void Tell(DeviceConditions now)
        {
            Current = now;
            Changed?.Invoke();
        }
    }
}
