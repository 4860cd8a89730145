using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;
using static OrleansSync.Gateway.Tests.Support.TestDevice;

namespace OrleansSync.Gateway.Tests.Malformed;

[Collection(SharedServerTests.Name)]
public sealed class PushStreamFormTests(SharedServer shared)
{
    [Fact]
    public async Task A_push_without_open_is_refused()
    {
        var scene = await OpenAsync();
        using var push = new PushCall(scene.Server.Sync.Push(scene.Device.Options()));
        await push.SendAsync(Batch(scene.Good()));
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "OPEN_MISSING", push.ReadWindowAsync);
        StatusAssert.NamesField(exception, "open");
        await scene.UnchangedAsync();
    }

    [Fact]
    public async Task A_push_that_ends_before_open_is_refused()
    {
        var scene = await OpenAsync();
        using var push = new PushCall(scene.Server.Sync.Push(scene.Device.Options()));
        var end = push.CompleteAsync();
        await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "OPEN_MISSING", () => end);
    }

    [Fact]
    public async Task A_push_that_is_opened_twice_is_refused()
    {
        var scene = await OpenAsync();
        using var push = await scene.Device.OpenPushAsync();
        await push.SendAsync(new PushRequest { Open = new PushOpen { Session = scene.Device.Session } });
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "OPEN_REPEATED", push.AcknowledgementAsync);
        StatusAssert.NamesField(exception, "open");
        await scene.UnchangedAsync();
    }

    [Fact]
    public async Task A_message_that_says_nothing_is_refused()
    {
        var scene = await OpenAsync();
        using var push = await scene.Device.OpenPushAsync();
        await push.SendAsync(new PushRequest());
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "MISSING", push.AcknowledgementAsync);
        StatusAssert.NamesField(exception, "message");
        await scene.UnchangedAsync();
    }

    [Fact]
    public async Task A_batch_number_that_leaves_a_gap_is_refused()
    {
        var scene = await OpenAsync();
        var batch = Batch(scene.Good());
        batch.Number = 2;
        await scene.RefusesAsync(batch, "BATCH_NUMBER", "batch.number");
    }

    [Fact]
    public async Task A_batch_number_that_comes_again_is_refused()
    {
        var scene = await OpenAsync();
        using var push = await scene.Device.OpenPushAsync();
        await push.SendAsync(new OperationBatch { Number = 1, Operations = { scene.Device.Create("notes", "1") } });
        await push.AcknowledgementAsync();
        await push.SendAsync(new OperationBatch { Number = 1, Operations = { scene.Device.Create("notes", "2") } });
        await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "BATCH_NUMBER", push.AcknowledgementAsync);
        Assert.Single((await scene.Healthy.PullAsync(null, "notes")).Rows);
    }

    [Fact]
    public async Task Text_that_is_no_utf8_is_refused()
    {
        var scene = await OpenAsync();
        var bytes = new PushRequest { Batch = Batch(scene.Good()) }.ToByteArray();
        // The type's name, on the wire as it cannot be made with a string.
        var at = bytes.AsSpan().IndexOf("tasks"u8);
        bytes[at] = 0xff;
        await RawAsync(scene, bytes, "MESSAGE_MALFORMED");
    }

    [Fact]
    public async Task Bytes_that_are_no_message_are_refused()
    {
        var scene = await OpenAsync();
        await RawAsync(scene, [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f], "MESSAGE_MALFORMED");
    }

    private static async Task RawAsync(Scene scene, byte[] message, string reason)
    {
        var raw = Marshallers.Create(static bytes => bytes, static bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, "orleanssync.v1.Sync", "Push", raw, raw);
        using var call = scene.Server.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, scene.Device.Options());
        await call.RequestStream.WriteAsync(new PushRequest { Open = new PushOpen { Session = scene.Device.Session } }.ToByteArray());
        await call.RequestStream.WriteAsync(message);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, reason, () => call.ResponseStream.MoveNext(CancellationToken.None));
        await scene.UnchangedAsync();
    }

    private Task<Scene> OpenAsync() => Scene.OpenAsync(shared.Server);
}
