using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Malformed;

[Collection(SharedServerTests.Name)]
public sealed class HandshakeTests(SharedServer shared)
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_version_that_is_not_served_is_told_which_is(int version)
    {
        var exception = await RefusesAsync(
            new HandshakeRequest { ProtocolVersion = version, DeviceId = TestDevice.NewId() },
            StatusCode.FailedPrecondition,
            "PROTOCOL_VERSION");
        Assert.Equal("1", StatusAssert.Detail<ErrorInfo>(exception)!.Metadata["supported"]);
    }

    [Fact]
    public Task A_device_id_of_15_bytes_is_refused() =>
        RefusesFieldAsync(hello => hello.DeviceId = ByteString.CopyFrom(new byte[15]), "INVALID_UUID", "device_id");

    [Fact]
    public Task A_device_id_of_zeros_is_refused() =>
        RefusesFieldAsync(hello => hello.DeviceId = ByteString.CopyFrom(new byte[16]), "INVALID_UUID", "device_id");

    [Fact]
    public Task A_token_of_17_bytes_is_refused() =>
        RefusesFieldAsync(hello => hello.SessionToken = ByteString.CopyFrom(new byte[17]), "OUT_OF_RANGE", "session_token");

    [Fact]
    public Task A_name_of_129_bytes_is_refused() => RefusesFieldAsync(
        hello => hello.Profile = new DeviceProfile { Name = new string('n', 127) + "é" }, "INVALID_TEXT", "profile.name");

    [Fact]
    public Task A_platform_with_a_control_character_is_refused() =>
        RefusesFieldAsync(hello => hello.Profile = new DeviceProfile { Platform = "a\nb" }, "INVALID_TEXT", "profile.platform");

    [Fact]
    public Task An_app_version_of_129_bytes_is_refused() => RefusesFieldAsync(
        hello => hello.Profile = new DeviceProfile { AppVersion = new string('1', 129) }, "INVALID_TEXT", "profile.app_version");

    [Fact]
    public Task A_done_below_under_0_is_refused() => RefusesFieldAsync(hello => hello.DoneBelow = -1, "OUT_OF_RANGE", "done_below");

    [Fact]
    public Task A_queue_depth_under_0_is_refused() =>
        RefusesFieldAsync(hello => hello.Status = new DeviceStatus { QueueDepth = -1 }, "OUT_OF_RANGE", "status.queue_depth");

    [Fact]
    public async Task A_copied_database_is_told_so()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var copied = device.Token;
        await device.HandshakeAsync();
        await device.PullAsync();
        device.Token = copied;
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "DEVICE_CLONED", device.HandshakeAsync);
    }

    [Fact]
    public async Task I9_A_device_of_another_account_is_refused_and_not_registered()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        Assert.Equal(16, device.Welcome.Account.Length);
        await RefusesAsync(
            new HandshakeRequest { ProtocolVersion = 1, DeviceId = TestDevice.NewId(), Account = device.Welcome.Account },
            StatusCode.FailedPrecondition,
            "ACCOUNT_MISMATCH");
        var again = new HandshakeRequest { ProtocolVersion = 1, DeviceId = TestDevice.Wire(device.Id), SessionToken = device.Token, Account = device.Welcome.Account };
        Assert.Equal(device.Welcome.Account, (await shared.Server.Sync.HandshakeAsync(again, device.Options())).Account);
    }

    [Fact]
    public async Task A_handshake_whose_answer_was_lost_can_be_made_again()
    {
        var device = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        var kept = device.Token;
        await device.HandshakeAsync();
        device.Token = kept;
        await device.HandshakeAsync();
        Assert.True((await device.PullAsync()).Last.Complete);
    }

    private async Task RefusesFieldAsync(Action<HandshakeRequest> spoil, string reason, string path)
    {
        var hello = new HandshakeRequest { ProtocolVersion = 1, DeviceId = TestDevice.NewId() };
        spoil(hello);
        StatusAssert.NamesField(await RefusesAsync(hello, StatusCode.InvalidArgument, reason), path);
    }

    private async Task<RpcException> RefusesAsync(HandshakeRequest hello, StatusCode code, string reason)
    {
        var scene = await Scene.OpenAsync(shared.Server);
        var before = await DevicesAsync(scene);
        var exception = await StatusAssert.ThrowsAsync(
            code, reason, async () => await shared.Server.Sync.HandshakeAsync(hello, scene.Device.Options()));
        await scene.UnchangedAsync();
        Assert.Equal(before, await DevicesAsync(scene));
        return exception;
    }

    private async Task<int> DevicesAsync(Scene scene) =>
        (await shared.Server.Devices.ListDevicesAsync(new ListDevicesRequest(), scene.Device.Options())).Devices.Count;
}
