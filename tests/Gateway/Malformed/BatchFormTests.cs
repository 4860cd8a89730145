using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;
using static OrleansSync.Gateway.Tests.Support.TestDevice;

namespace OrleansSync.Gateway.Tests.Malformed;

[Collection(SharedServerTests.Name)]
public sealed class BatchFormTests(SharedServer shared)
{
    [Fact]
    public async Task An_empty_batch_is_refused()
    {
        var scene = await OpenAsync();
        await scene.RefusesAsync("EMPTY_BATCH", "batch.operations");
    }

    [Fact]
    public async Task An_operation_that_is_twice_in_a_batch_is_refused()
    {
        var scene = await OpenAsync();
        var (first, second) = (scene.Good(), scene.Good());
        second.Id = first.Id;
        await scene.RefusesAsync("DUPLICATE_OPERATION", "batch.operations[1].id", first, second);
    }

    [Fact]
    public async Task Operations_on_an_entity_out_of_the_order_of_their_counters_are_refused()
    {
        var scene = await OpenAsync();
        var (first, second) = (scene.Good(), scene.Good());
        await scene.RefusesAsync("COUNTER_ORDER", "batch.operations[1].counter", second, first);
    }

    [Fact]
    public async Task A_transaction_that_lacks_its_last_operation_is_refused()
    {
        var scene = await OpenAsync();
        var whole = Transaction(Note(scene, "1"), Note(scene, "2"), Note(scene, "3"));
        await scene.RefusesAsync("SPLIT_TRANSACTION", "batch.operations", whole[..2]);
    }

    [Fact]
    public async Task A_transaction_out_of_order_is_refused()
    {
        var scene = await OpenAsync();
        var whole = Transaction(Note(scene, "1"), Note(scene, "2"));
        await scene.RefusesAsync("SPLIT_TRANSACTION", "batch.operations[0].transaction", whole[1], whole[0]);
    }

    [Fact]
    public async Task A_transaction_beside_an_operation_of_its_own_is_refused()
    {
        var scene = await OpenAsync();
        var whole = Transaction(Note(scene, "1"), Note(scene, "2"));
        await scene.RefusesAsync("SPLIT_TRANSACTION", "batch.operations[2].transaction", [.. whole, Note(scene, "3")]);
    }

    [Fact]
    public async Task An_operation_of_its_own_before_a_transaction_is_refused()
    {
        var scene = await OpenAsync();
        var whole = Transaction(Note(scene, "1"), Note(scene, "2"));
        await scene.RefusesAsync("SPLIT_TRANSACTION", "batch.operations[0].transaction", [Note(scene, "3"), .. whole]);
    }

    [Fact]
    public async Task Two_transactions_in_a_batch_are_refused()
    {
        var scene = await OpenAsync();
        var one = Transaction(Note(scene, "1"), Note(scene, "2"));
        var other = Transaction(Note(scene, "3"), Note(scene, "4"));
        await scene.RefusesAsync("SPLIT_TRANSACTION", "batch.operations[2].transaction", [.. one, .. other]);
    }

    [Fact]
    public async Task An_index_past_the_count_is_refused()
    {
        var scene = await OpenAsync();
        var whole = Transaction(Note(scene, "1"), Note(scene, "2"));
        whole[1].Transaction.Index = 2;
        await scene.RefusesAsync("INVALID_TRANSACTION", "batch.operations[1].transaction.index", whole);
    }

    [Fact]
    public async Task I1_A_malformed_batch_ends_the_stream_after_the_acknowledgements_before_it_and_leaves_nothing()
    {
        var scene = await OpenAsync();
        var bad = Note(scene, "bad");
        bad.Changes[0].Set = Google.Protobuf.ByteString.CopyFromUtf8("nope");
        using var push = await scene.Device.OpenPushAsync();
        await push.SendAsync(new OperationBatch { Number = 1, Operations = { Note(scene, "first") } });
        await push.SendAsync(new OperationBatch { Number = 2, Operations = { Note(scene, "second") } });
        await push.SendAsync(new OperationBatch { Number = 3, Operations = { Note(scene, "beside"), bad } });

        Assert.Equal(1, (await push.AcknowledgementAsync()).Number);
        Assert.Equal(2, (await push.AcknowledgementAsync()).Number);
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "INVALID_JSON", push.AcknowledgementAsync);

        StatusAssert.NamesField(exception, "batch.operations[1].changes[0].set");
        var rows = (await scene.Healthy.PullAsync()).Rows.Select(static row => row.EntityId).Order();
        Assert.Equal(["first", "kept", "second"], rows);
    }

    private static Operation Note(Scene scene, string id) => scene.Device.Create("notes", id, Set("text", "\"x\""));

    private Task<Scene> OpenAsync() => Scene.OpenAsync(shared.Server);
}
