using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Client.Tests.Wire;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>Handshake, credentials and refusals, on request (no automatic syncing).</summary>
public sealed class SessionTests : WireTests
{
    private readonly SwitchedCredentials _credentials = new("first");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    private protected override SyncStoreOptions Change(SyncStoreOptions options) => options with { Credentials = _credentials, TimeProvider = _time };

    [Fact]
    public async Task The_session_token_is_on_disk_before_the_first_call_that_uses_it()
    {
        var onDisk = new List<byte[]>();
        Script.Pages = request =>
        {
            onDisk.Add(Device.Store.Log.State.SessionToken.ToArray());
            Assert.Equal(request.Session.Token.ToByteArray(), onDisk[^1]);
            return WirePages.Stream(Script.Complete());
        };
        await Device.Store.SyncNowAsync();
        var token = Assert.Single(onDisk);
        await Device.ReopenAsync();
        await Device.Store.SyncNowAsync();
        Assert.Equal(token, Script.Handshakes.Last().SessionToken.ToByteArray());
    }

    [Fact]
    public async Task What_a_handshake_tells_the_server_of_outcomes_is_on_disk_before()
    {
        await Device.PutAsync("a", "one");
        await Device.Store.SyncNowAsync();
        var told = new List<(long DoneBelow, bool WasOnDisk)>();
        Script.OnHandshake = async request =>
        {
            var before = Device.Store.Commits();
            await Device.Store.Log.MakeDurableAsync(default);
            told.Add((request.DoneBelow, before == Device.Store.Commits()));
        };
        // Neither the acknowledgement nor the page that came with it waits for the disk.
        _time.Advance(TimeSpan.FromMinutes(15));
        await Device.Store.SyncNowAsync();
        Assert.Equal((2, true), Assert.Single(told));
    }

    [Fact]
    public async Task A_handshake_serves_later_syncs_until_one_fails_or_the_periodic_time_is_over()
    {
        await Device.Store.SyncNowAsync();
        await Device.Store.SyncNowAsync();
        Assert.Single(Script.Handshakes);
        _time.Advance(TimeSpan.FromMinutes(15));
        await Device.Store.SyncNowAsync();
        Assert.Equal(2, Script.Handshakes.Count);
        Script.Pages = _ => throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "gone"));
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Script.Pages = null;
        await Device.Store.SyncNowAsync();
        Assert.Equal(3, Script.Handshakes.Count);
    }

    [Fact]
    public async Task A_server_that_has_forgotten_the_session_is_shaken_hands_with_again_at_once()
    {
        await Device.Store.SyncNowAsync();
        var known = Script.Handshakes.Count;
        Script.Pages = _ => Script.Handshakes.Count == known ? throw WireFaults.Of(StatusCode.FailedPrecondition, "SESSION_UNKNOWN") : WirePages.Stream(Script.Complete());
        await Device.Store.SyncNowAsync();
        Assert.Equal(known + 1, Script.Handshakes.Count);
    }

    [Fact]
    public async Task A_refused_token_is_renewed_and_the_sync_goes_on_without_a_counted_failure()
    {
        await Device.PutAsync("a", "one");
        Script.OnToken = token =>
        {
            if (token == "first") throw WireFaults.TokenInvalid();
        };
        _credentials.Renewed = "second";

        await Device.Store.SyncNowAsync();

        Assert.Equal(["first"], _credentials.Refusals);
        Assert.Equal((0, 0), (Device.Store.Status.Pending, Device.Store.Status.DeadLetters));
        Assert.Null(Device.Store.Status.LastError);
    }

    [Fact]
    public async Task A_token_that_expires_between_handshake_and_push_is_renewed_too()
    {
        await Device.PutAsync("a", "one");
        var calls = 0;
        Script.OnToken = token =>
        {
            if (token == "first" && Interlocked.Increment(ref calls) > 1) throw WireFaults.TokenInvalid();
        };
        _credentials.Renewed = "second";
        await Device.Store.SyncNowAsync();
        Assert.Single(Script.Journal);
    }

    [Fact]
    public async Task Without_another_token_syncing_pauses_and_goes_on_when_there_is_one()
    {
        var receipt = await Device.PutAsync("a", "one");
        Script.OnToken = token =>
        {
            if (token == "first") throw WireFaults.TokenInvalid();
        };

        var refused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal(("OS1005", false), (refused.Code, refused.IsTransient));
        Assert.Equal(SyncConnection.Unauthenticated, Device.Store.Status.Connection);
        Assert.Equal((1, 0), (Device.Store.Status.Pending, Device.Store.Status.DeadLetters));

        (_credentials.Token, _credentials.Renewed) = ("second", "second");
        await Device.Store.SyncNowAsync();
        Assert.Equal(receipt.Operations.Single().Value, Assert.Single(Script.Journal).Key);
    }

    [Fact]
    public async Task Nobody_signed_in_is_told_and_nothing_is_sent()
    {
        _credentials.Token = null;
        var refused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("OS1002", refused.Code);
        Assert.Empty(Script.Handshakes);
    }

    [Fact]
    public async Task A_version_that_is_not_served_stops_syncing_and_tells_which_one_is()
    {
        Script.OnHandshake = _ =>
        {
            var info = new ErrorInfo { Domain = "orleanssync", Reason = "PROTOCOL_VERSION", Metadata = { ["supported"] = "2, 3" } };
            var status = new Google.Rpc.Status { Code = (int)StatusCode.FailedPrecondition, Message = "Version 1 is not served." };
            status.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(info));
            throw status.ToRpcException();
        };
        var refused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("OS1007", refused.Code);
        Assert.Contains("2, 3", refused.Message, StringComparison.Ordinal);
        Assert.Equal(SyncConnection.Refused, Device.Store.Status.Connection);
        Assert.Equal(refused.Message, Device.Store.Status.LastError);

        Script.OnHandshake = null;
        await Device.Store.SyncNowAsync();
        Assert.Null(Device.Store.Status.LastError);
    }

    [Theory]
    [InlineData("DEVICE_REVOKED", StatusCode.PermissionDenied, "OS1008")]
    [InlineData("DEVICE_CLONED", StatusCode.FailedPrecondition, "OS1009")]
    [InlineData("TOO_MANY_DEVICES", StatusCode.ResourceExhausted, "OS1010")]
    public async Task I9_A_refused_device_stops_with_the_reason_and_keeps_its_operations(string reason, StatusCode code, string expected)
    {
        await Device.PutAsync("a", "one");
        Script.OnHandshake = _ => throw WireFaults.Of(code, reason);
        var refused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal((expected, false), (refused.Code, refused.IsTransient));
        Assert.Equal(SyncConnection.Refused, Device.Store.Status.Connection);
        Assert.Equal((1, 0), (Device.Store.Status.Pending, Device.Store.Status.DeadLetters));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_in_time_is_a_transient_fault()
    {
        var arrived = new TaskCompletionSource();
        Script.OnHandshake = async _ =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan);
        };
        var sync = Device.Store.SyncNowAsync();
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(31));
        var late = await Assert.ThrowsAsync<SyncException>(() => sync);
        Assert.Equal(("OS1004", true), (late.Code, late.IsTransient));
    }

    [Fact]
    public async Task An_acknowledgement_that_does_not_come_in_time_returns_its_operations()
    {
        await Device.PutAsync("a", "one");
        var arrived = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        Script.OnBatch = _ =>
        {
            arrived.TrySetResult();
            return never.Task;
        };
        var sync = Device.Store.SyncNowAsync();
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        // The batch may be here before the device has begun to wait for its acknowledgement.
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(31));
                return sync.IsCompleted;
            },
            "the device gives up");
        var late = await Assert.ThrowsAsync<SyncException>(() => sync);
        never.SetCanceled();
        Assert.Equal("OS1004", late.Code);
        var depth = await Device.Store.Log.DepthAsync(default);
        Assert.Equal((1, 0, 0), (depth.Pending, depth.InFlight, depth.DeadLetters));
    }

    [Fact]
    public async Task A_full_queue_names_when_to_come_back_and_a_request_waits_until_then()
    {
        await Device.PutAsync("a", "one");
        Script.OnBatch = _ => throw WireFaults.QueueFull(TimeSpan.FromSeconds(20));
        var full = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal(("OS1013", true, TimeSpan.FromSeconds(20)), (full.Code, full.IsTransient, full.RetryAfter));

        Script.OnBatch = null;
        var sync = Device.Store.SyncNowAsync();
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(1, Device.Logs.Entered(SessionPhase.Connecting));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Device.Logs.Entered(SessionPhase.Connecting));
        await sync.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Single(Script.Journal);
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_sync()
    {
        var arrived = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        Script.OnHandshake = async _ =>
        {
            arrived.TrySetResult();
            await go.Task;
        };
        var syncs = Enumerable.Range(0, 8).Select(_ => Device.Store.SyncNowAsync()).ToList();
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        syncs.AddRange(Enumerable.Range(0, 8).Select(_ => Device.Store.SyncNowAsync()));
        go.SetResult();
        await Task.WhenAll(syncs).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Single(Script.Pulls);
    }

    [Fact]
    public async Task A_paused_store_does_not_sync_on_request()
    {
        Device.Store.Pause();
        var paused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("OS1020", paused.Code);
        Assert.Equal(SyncConnection.Paused, Device.Store.Status.Connection);
        Device.Store.Resume();
        await Device.Store.SyncNowAsync();
        Assert.Single(Script.Pulls);
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_named_with_the_remedy()
    {
        await using var device = await TestDevice.OpenAsync(new Uri("http://127.0.0.1:1"));
        var unreachable = await Assert.ThrowsAsync<SyncException>(() => device.Store.SyncNowAsync());
        Assert.Equal(("OS1003", true), (unreachable.Code, unreachable.IsTransient));
        Assert.StartsWith("OS1003 Cannot reach http://127.0.0.1:1: connection refused", unreachable.Message, StringComparison.Ordinal);
        Assert.Contains("Is the gateway running?", unreachable.Message, StringComparison.Ordinal);
    }
}
