using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol;
using static OrleansSync.Gateway.Tests.Support.TestDevice;
using Operation = OrleansSync.Protocol.V1.Operation;
using OutcomeKind = OrleansSync.Protocol.V1.OutcomeKind;
using RejectionReason = OrleansSync.Protocol.V1.RejectionReason;

namespace OrleansSync.Gateway.Tests.Malformed;

/// <summary>I11 at the wire: each limit passes, one more does not.</summary>
[Collection(SharedServerTests.Name)]
public sealed class LimitTests(SharedServer shared)
{
    private const int Kilobyte = 1024;

    [Fact]
    public async Task A_batch_of_100_operations_is_taken()
    {
        var scene = await OpenAsync();
        await TakesAsync(scene, Notes(scene, 100));
    }

    [Fact]
    public async Task I11_A_batch_of_101_operations_is_refused()
    {
        var scene = await OpenAsync();
        await scene.RefusesAsync("BATCH_TOO_LARGE", "batch.operations", Notes(scene, 101));
    }

    [Fact]
    public async Task A_batch_of_256_KiB_is_taken()
    {
        var scene = await OpenAsync();
        await TakesAsync(scene, OfBytes(scene, 256 * Kilobyte, transaction: false));
    }

    [Fact]
    public async Task I11_A_batch_of_256_KiB_and_a_byte_is_refused()
    {
        var scene = await OpenAsync();
        await scene.RefusesAsync("BATCH_TOO_LARGE", "batch.operations", OfBytes(scene, (256 * Kilobyte) + 1, transaction: false));
    }

    [Fact]
    public async Task A_transaction_of_5000_operations_is_taken()
    {
        var scene = await OpenAsync();
        await TakesAsync(scene, Transaction(Notes(scene, 5_000)));
    }

    [Fact]
    public async Task I11_A_transaction_of_5001_operations_is_refused()
    {
        var scene = await OpenAsync();
        var operations = Transaction(Notes(scene, 5_001));
        await scene.RefusesAsync("INVALID_TRANSACTION", "batch.operations[0].transaction.count", operations);
    }

    [Fact]
    public async Task A_transaction_of_3_MiB_is_taken()
    {
        var scene = await OpenAsync();
        await TakesAsync(scene, OfBytes(scene, 3 * Kilobyte * Kilobyte, transaction: true));
    }

    [Fact]
    public async Task I11_A_transaction_of_3_MiB_and_a_byte_is_refused()
    {
        var scene = await OpenAsync();
        var operations = OfBytes(scene, (3 * Kilobyte * Kilobyte) + 1, transaction: true);
        await scene.RefusesAsync("BATCH_TOO_LARGE", "batch.operations", operations);
    }

    [Fact]
    public async Task I11_A_message_above_4_MiB_is_refused()
    {
        var scene = await OpenAsync();
        var operation = scene.Device.Create("notes", "huge", Set("text", $"\"{new string('x', 4 * Kilobyte * Kilobyte)}\""));
        var exception = await StatusAssert.ThrowsAsync(
            StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE", () => scene.Device.PushAsync(operation));
        StatusAssert.NamesQuota(exception, "message_bytes");
        await scene.UnchangedAsync();
    }

    [Fact]
    public async Task I11_An_operation_that_changes_257_fields_is_refused()
    {
        var scene = await OpenAsync();
        var fields = Enumerable.Range(0, 257).Select(static i => Set($"f{i}", "1")).ToArray();
        await scene.RefusesAsync("TOO_MANY", "batch.operations[0].changes", scene.Device.Create("notes", "wide", fields));
    }

    [Fact]
    public async Task A_document_of_256_fields_is_taken_and_one_more_field_is_rejected()
    {
        var scene = await OpenAsync();
        var fields = Enumerable.Range(0, 256).Select(static i => Set($"f{i}", "1")).ToArray();
        Assert.Equal(OutcomeKind.Applied, (await scene.Device.PushAsync(scene.Device.Create("notes", "wide", fields))).Outcomes[0].Kind);
        await RejectsAsync(scene, scene.Device.Update("notes", "wide", Set("one_more", "1")));
    }

    [Fact]
    public async Task A_document_of_256_KiB_is_taken_and_one_more_byte_is_rejected()
    {
        var scene = await OpenAsync();
        // Names and values count: four fields of a letter and a full value each, less the four letters.
        var value = $"\"{new string('x', (64 * Kilobyte) - 3)}\"";
        var full = scene.Device.Create("notes", "big", Set("a", value), Set("b", value), Set("c", value), Set("d", value));
        Assert.Equal(OutcomeKind.Applied, (await scene.Device.PushAsync(full)).Outcomes[0].Kind);
        await RejectsAsync(scene, scene.Device.Update("notes", "big", Set("a", $"\"{new string('x', (64 * Kilobyte) - 2)}\"")));
    }

    /// <summary>A refusal by the rules: recorded as an outcome, without an effect on the row.</summary>
    private static async Task RejectsAsync(Scene scene, Operation operation)
    {
        var before = await scene.Healthy.PullAsync();
        var outcome = Assert.Single((await scene.Device.PushAsync(operation)).Outcomes);
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.DocumentTooLarge), (outcome.Kind, outcome.Rejection.Reason));
        var after = await scene.Healthy.PullAsync();
        Assert.Equal(before.Rows, after.Rows);
        Assert.Equal(outcome.Sequence, after.Last.Head);
    }

    private static async Task TakesAsync(Scene scene, Operation[] operations)
    {
        var acknowledgement = await scene.Device.PushAsync(operations);
        Assert.All(acknowledgement.Outcomes, static outcome => Assert.Equal(OutcomeKind.Applied, outcome.Kind));
        Assert.Equal(operations.Length, (await scene.Healthy.PullAsync(null, "notes")).Rows.Count);
    }

    private static Operation[] Notes(Scene scene, int count) =>
        [.. Enumerable.Range(0, count).Select(i => scene.Device.Create("notes", $"n{i:D4}", Set("text", "1")))];

    /// <summary>Operations whose encoded sizes are together so many bytes: the last one's value is filled up.</summary>
    private static Operation[] OfBytes(Scene scene, int bytes, bool transaction)
    {
        const int valueBytes = 30 * Kilobyte;
        var operations = new List<Operation>();
        do operations.Add(scene.Device.Create("notes", $"n{operations.Count:D4}", Set("text", Text(valueBytes))));
        while (Size(operations, transaction) + (2 * valueBytes) < bytes);

        operations.Add(scene.Device.Create("notes", "last", Set("text", Text(valueBytes))));
        operations[^1].Changes[0] = Set("text", Text(valueBytes + bytes - Size(operations, transaction)));
        Assert.Equal(bytes, Size(operations, transaction));
        return [.. operations];
    }

    private static string Text(int bytes) => $"\"{new string('x', bytes - 2)}\"";

    private static int Size(List<Operation> operations, bool transaction)
    {
        if (transaction) Transaction([.. operations]);
        var bytes = 0;
        foreach (var wire in operations)
        {
            Assert.True(OperationMapping.TryRead(wire, new DeviceId(Guid.NewGuid()), out var operation, out _));
            bytes += OperationEncoding.SizeOf(operation);
        }

        return bytes;
    }

    private Task<Scene> OpenAsync() => Scene.OpenAsync(shared.Server);
}
