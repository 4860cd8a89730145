using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Malformed;

[Collection(SharedServerTests.Name)]
public sealed class SessionTests(SharedServer shared)
{
    [Fact]
    public async Task A_push_with_a_token_that_is_not_the_devices_is_refused()
    {
        var scene = await OpenAsync();
        scene.Device.Token = TestDevice.NewId();
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "SESSION_UNKNOWN", () => scene.Device.PushAsync(scene.Good()));
        scene.Device.Token = scene.Device.Welcome.SessionToken;
        await scene.UnchangedAsync();
    }

    [Fact]
    public async Task A_token_of_15_bytes_is_refused()
    {
        var scene = await OpenAsync();
        scene.Device.Token = ByteString.CopyFrom(new byte[15]);
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "SESSION_UNKNOWN", () => scene.Device.PushAsync(scene.Good()));
    }

    [Fact]
    public async Task A_device_that_never_shook_hands_is_refused()
    {
        var scene = await OpenAsync();
        var session = new Session { DeviceId = TestDevice.NewId(), Token = scene.Device.Token };
        using var push = await scene.Device.OpenPushAsync(session);
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "SESSION_UNKNOWN", push.ReadWindowAsync);
    }

    [Fact]
    public async Task A_push_without_a_session_is_refused()
    {
        var scene = await OpenAsync();
        using var push = new PushCall(scene.Server.Sync.Push(scene.Device.Options()));
        await push.SendAsync(new PushRequest { Open = new PushOpen() });
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "MISSING", push.ReadWindowAsync);
        StatusAssert.NamesField(exception, "open.session");
    }

    [Fact]
    public async Task A_session_with_a_device_id_of_15_bytes_is_refused()
    {
        var scene = await OpenAsync();
        var session = new Session { DeviceId = ByteString.CopyFrom(new byte[15]), Token = scene.Device.Token };
        using var push = await scene.Device.OpenPushAsync(session);
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "INVALID_UUID", push.ReadWindowAsync);
        StatusAssert.NamesField(exception, "open.session.device_id");
    }

    [Fact]
    public async Task A_call_without_a_token_is_refused()
    {
        var exception = await StatusAssert.ThrowsAsync(
            StatusCode.Unauthenticated, "TOKEN_MISSING", async () => await shared.Server.Sync.HandshakeAsync(Hello()));
        Assert.Contains("authorization", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer ada")]
    [InlineData("Bearer dev:")]
    [InlineData("dev:ada")]
    [InlineData("Basic ZGV2OmFkYQ==")]
    public Task A_call_with_a_bad_token_is_refused(string authorization) => StatusAssert.ThrowsAsync(
        StatusCode.Unauthenticated, "TOKEN_INVALID", async () => await shared.Server.Sync.HandshakeAsync(Hello(), Headers(authorization)));

    [Fact]
    public Task A_user_of_129_characters_is_refused() => A_call_with_a_bad_token_is_refused($"Bearer dev:{new string('u', 129)}");

    [Fact]
    public async Task Every_call_asks_for_a_token()
    {
        var sync = shared.Server.Sync;
        using var push = sync.Push();
        using var pull = sync.Pull(new PullRequest());
        using var watch = sync.Watch(new WatchRequest());
        using var reconcile = sync.Reconcile(new ReconcileRequest());
        Func<Task>[] calls =
        [
            () => push.ResponseStream.MoveNext(CancellationToken.None),
            () => pull.ResponseStream.MoveNext(CancellationToken.None),
            () => watch.ResponseStream.MoveNext(CancellationToken.None),
            () => reconcile.ResponseStream.MoveNext(CancellationToken.None),
            async () => await sync.PushUnaryAsync(new PushUnaryRequest()),
            async () => await shared.Server.Devices.ListDevicesAsync(new ListDevicesRequest()),
            async () => await shared.Server.Devices.RevokeDeviceAsync(new RevokeDeviceRequest()),
        ];
        foreach (var call in calls) await StatusAssert.ThrowsAsync(StatusCode.Unauthenticated, "TOKEN_MISSING", call);
    }

    [Fact]
    public async Task I9_A_user_with_another_users_session_writes_nothing()
    {
        var scene = await OpenAsync();
        var stranger = await TestDevice.OpenAsync(scene.Server, SharedServer.NewUser());
        using var push = await stranger.OpenPushAsync(scene.Device.Session);
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "SESSION_UNKNOWN", push.ReadWindowAsync);
        await scene.UnchangedAsync();
    }

    [Fact]
    public async Task I9_A_user_with_another_users_session_reads_nothing()
    {
        var scene = await OpenAsync();
        var stranger = await TestDevice.OpenAsync(scene.Server, SharedServer.NewUser());
        using var pull = scene.Server.Sync.Pull(new PullRequest { Session = scene.Device.Session }, stranger.Options());
        await StatusAssert.ThrowsAsync(
            StatusCode.FailedPrecondition, "SESSION_UNKNOWN", () => pull.ResponseStream.MoveNext(CancellationToken.None));
        using var watch = scene.Server.Sync.Watch(new WatchRequest { Session = scene.Device.Session }, stranger.Options());
        await StatusAssert.ThrowsAsync(
            StatusCode.FailedPrecondition, "SESSION_UNKNOWN", () => watch.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task I9_Users_with_the_same_entity_ids_do_not_meet()
    {
        var scene = await OpenAsync();
        var stranger = await TestDevice.OpenAsync(scene.Server, SharedServer.NewUser());
        await stranger.PushAsync(stranger.Create("tasks", "kept", TestDevice.Set("title", "\"mine\"")));
        Assert.Equal("\"mine\"", Pulled.Value(Assert.Single((await stranger.PullAsync()).Rows), "title"));
        await scene.UnchangedAsync();
    }

    private static HandshakeRequest Hello() => new() { ProtocolVersion = 1, DeviceId = TestDevice.NewId() };

    private static CallOptions Headers(string authorization) => new(new Metadata { { "authorization", authorization } });

    private Task<Scene> OpenAsync() => Scene.OpenAsync(shared.Server);
}
