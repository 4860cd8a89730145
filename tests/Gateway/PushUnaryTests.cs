using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests;

/// <summary>A batch as a call of its own: the checks and outcomes of the stream.</summary>
[Collection(SharedServerTests.Name)]
public sealed class PushUnaryTests(SharedServer shared)
{
    [Fact]
    public async Task I2_A_batch_has_its_outcomes_and_sent_again_on_a_stream_the_same_ones()
    {
        var device = await OpenAsync();
        var operations = new[] { device.Create("tasks", "1", TestDevice.Increment("minutes", 3)), device.Create("notes", "1") };

        var unary = await PushAsync(device, TestDevice.Batch(operations));

        Assert.Equal((1, 2), (unary.Number, unary.Outcomes.Count));
        Assert.All(unary.Outcomes, static outcome => Assert.Equal(OutcomeKind.Applied, outcome.Kind));
        Assert.Equal(2, unary.Clock);
        Assert.Equal(unary.Outcomes, (await device.PushAsync(operations)).Outcomes);
        Assert.Equal("3", Pulled.Value((await device.PullAsync()).Row("tasks", "1"), "minutes"));
    }

    [Fact]
    public async Task A_transaction_is_applied_whole()
    {
        var device = await OpenAsync();
        var batch = TestDevice.Batch(TestDevice.Transaction(device.Create("tasks", "a"), device.Create("tasks", "b")));
        var acknowledgement = await PushAsync(device, batch);
        Assert.Single(acknowledgement.Outcomes.Select(static outcome => outcome.Sequence).Distinct());
    }

    [Fact]
    public async Task I1_A_malformed_batch_is_refused_by_its_field_and_leaves_nothing()
    {
        var device = await OpenAsync();
        var bad = device.Create("tasks", "2", TestDevice.Set("title", "{"));
        var refused = await StatusAssert.ThrowsAsync(
            StatusCode.InvalidArgument, "INVALID_JSON", () => PushAsync(device, TestDevice.Batch(device.Create("tasks", "1"), bad)));
        StatusAssert.NamesField(refused, "batch.operations[1].changes[0].set");
        Assert.Empty((await device.PullAsync()).Rows);
    }

    [Fact]
    public async Task A_request_without_a_batch_is_refused_by_its_field()
    {
        var device = await OpenAsync();
        var refused = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "MISSING", () => PushAsync(device, null));
        StatusAssert.NamesField(refused, "batch");
    }

    [Fact]
    public async Task A_session_that_is_not_the_devices_is_sent_to_the_handshake()
    {
        var device = await OpenAsync();
        device.Token = ByteString.CopyFrom(new byte[16]);
        await StatusAssert.ThrowsAsync(
            StatusCode.FailedPrecondition, "SESSION_UNKNOWN", () => PushAsync(device, TestDevice.Batch(device.Create("tasks", "1"))));
    }

    [Fact]
    public async Task I9_A_revoked_device_is_refused()
    {
        var device = await OpenAsync();
        await shared.Server.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { DeviceId = TestDevice.Wire(device.Id) }, device.Options());
        await StatusAssert.ThrowsAsync(
            StatusCode.PermissionDenied, "DEVICE_REVOKED", () => PushAsync(device, TestDevice.Batch(device.Create("tasks", "1"))));
    }

    [Fact]
    public async Task A_counter_far_ahead_is_refused_with_the_clock()
    {
        var device = await OpenAsync();
        var operation = device.Create("tasks", "1");
        operation.Counter = 1L << 50;
        var refused = await StatusAssert.ThrowsAsync(
            StatusCode.InvalidArgument, "COUNTER_AHEAD", () => PushAsync(device, TestDevice.Batch(operation)));
        StatusAssert.NamesField(refused, "batch.operations[0].counter");
    }

    private Task<TestDevice> OpenAsync() => TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());

    private async Task<BatchAcknowledgement> PushAsync(TestDevice device, OperationBatch? batch) =>
        (await shared.Server.Sync.PushUnaryAsync(new PushUnaryRequest { Session = device.Session, Batch = batch }, device.Options())).Acknowledgement;
}
