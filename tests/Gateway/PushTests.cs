using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;
using static OrleansSync.Gateway.Tests.Support.TestDevice;

namespace OrleansSync.Gateway.Tests;

[Collection(SharedServerTests.Name)]
public sealed class PushTests(SharedServer shared)
{
    [Fact]
    public async Task A_write_of_one_device_is_read_by_another()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        var operation = phone.Create("tasks", "pump", Set("title", "\"Fix the pump\""), Increment("minutes", 15));
        var outcome = Assert.Single((await phone.PushAsync(operation)).Outcomes);
        Assert.Equal((operation.Id, OutcomeKind.Applied), (outcome.OperationId, outcome.Kind));

        var pulled = await laptop.PullAsync();
        var row = pulled.Row("tasks", "pump");
        Assert.Equal(("\"Fix the pump\"", "15"), (Pulled.Value(row, "title"), Pulled.Value(row, "minutes")));
        Assert.Equal(outcome.Sequence, row.Sequence);
        Assert.Equal(outcome.Sequence, pulled.Cursor.Sequence);
        Assert.Empty(pulled.Outcomes);
        Assert.Equal(outcome, Assert.Single((await phone.PullAsync()).Outcomes));
    }

    [Fact]
    public async Task I2_A_push_that_is_sent_again_answers_the_first_outcome_and_counts_once()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        var operation = phone.Create("tasks", "pump", Increment("minutes", 15));
        var first = await phone.PushAsync(operation);
        await laptop.PushAsync(laptop.Update("tasks", "pump", Increment("minutes", 1)));

        var second = await phone.PushAsync(operation);

        Assert.Equal(first.Outcomes, second.Outcomes);
        Assert.Equal("16", Pulled.Value((await laptop.PullAsync()).Row("tasks", "pump"), "minutes"));
    }

    [Fact]
    public async Task I2_The_same_batch_on_two_streams_at_once_counts_once()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        var operations = Enumerable.Range(0, 20).Select(i => phone.Create("tasks", $"t{i}", Increment("minutes", 7))).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => phone.PushAsync(operations)));
        Assert.All(answers, answer => Assert.Equal(answers[0].Outcomes, answer.Outcomes));
        var rows = (await laptop.PullAsync()).Rows;
        Assert.Equal(20, rows.Count);
        Assert.All(rows, static row => Assert.Equal("7", Pulled.Value(row, "minutes")));
    }

    [Fact]
    public async Task I2_An_operation_id_with_other_content_is_rejected_and_changes_nothing()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        var operation = phone.Create("tasks", "pump", Set("title", "\"one\""));
        await phone.PushAsync(operation);
        var reused = operation.Clone();
        reused.Changes[0] = Set("title", "\"two\"");

        var outcome = Assert.Single((await phone.PushAsync(reused)).Outcomes);

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.OperationReused), (outcome.Kind, outcome.Rejection.Reason));
        Assert.Equal("\"one\"", Pulled.Value((await laptop.PullAsync()).Row("tasks", "pump"), "title"));
    }

    [Fact]
    public async Task I3_Batches_of_a_stream_that_share_an_entity_take_effect_in_their_order()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        using var push = await phone.OpenPushAsync();
        await push.ReadWindowAsync();
        const int batches = 40;
        var operations = new List<Operation> { phone.Create("tasks", "shared", Set("title", "0")) };
        for (var i = 1; i < batches; i++) operations.Add(phone.Update("tasks", "shared", Set("title", $"{i}")));
        var sent = 0;
        var sequences = new List<long>();
        while (sequences.Count < batches)
        {
            while (sent < batches && sent - sequences.Count < push.Window)
            {
                await push.SendAsync(new OperationBatch { Number = ++sent, Operations = { operations[sent - 1] } });
            }

            var acknowledgement = await push.AcknowledgementAsync();
            Assert.Equal(sequences.Count + 1, acknowledgement.Number);
            var outcome = Assert.Single(acknowledgement.Outcomes);
            Assert.Equal(OutcomeKind.Applied, outcome.Kind);
            sequences.Add(outcome.Sequence);
        }

        Assert.Equal(sequences.Order().Distinct(), sequences);
        Assert.Equal($"{batches - 1}", Pulled.Value((await laptop.PullAsync()).Row("tasks", "shared"), "title"));
    }

    [Fact]
    public async Task Two_streams_that_share_entities_both_take_effect()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        async Task PushAllAsync(TestDevice device)
        {
            for (var i = 0; i < 20; i++)
            {
                var a = device.Create("tasks", "a", Increment("minutes", 1));
                var b = device.Create("tasks", "b", Increment("minutes", 1));
                await device.PushAsync(a, b);
            }
        }

        await Task.WhenAll(PushAllAsync(phone), PushAllAsync(laptop));

        var pulled = await laptop.PullAsync();
        Assert.Equal("40", Pulled.Value(pulled.Row("tasks", "a"), "minutes"));
        Assert.Equal("40", Pulled.Value(pulled.Row("tasks", "b"), "minutes"));
        Assert.Equal(40, pulled.Outcomes.Count);
    }

    [Fact]
    public async Task I6_A_transaction_with_an_operation_that_is_rejected_is_rejected_whole()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        var gone = phone.Update("tasks", "never_made", Set("title", "\"x\""));
        gone.Base = 1;
        var transaction = Transaction(phone.Create("notes", "beside", Set("text", "\"x\"")), gone);
        var outcomes = (await phone.PushAsync(transaction)).Outcomes;
        Assert.Equal(
            [RejectionReason.TransactionRejected, RejectionReason.EntityGone], outcomes.Select(static outcome => outcome.Rejection.Reason));
        Assert.Empty((await laptop.PullAsync()).Rows);
    }

    [Fact]
    public async Task More_batches_than_the_window_are_refused()
    {
        var (phone, _) = await TwoDevicesAsync();
        using var push = await phone.OpenPushAsync();
        // Without reading: a device that ignores the window has to be told, however fast the server is.
        for (var number = 1L; number <= 5_000; number++)
        {
            await push.SendAsync(new OperationBatch { Number = number, Operations = { phone.Create("notes", "same", Set("text", "1")) } });
        }

        var exception = await StatusAssert.ThrowsAsync(StatusCode.ResourceExhausted, "WINDOW_EXCEEDED", async () =>
        {
            while (true) await push.AcknowledgementAsync();
        });
        StatusAssert.NamesQuota(exception, "batches_in_flight");
    }

    private async Task<(TestDevice Phone, TestDevice Laptop)> TwoDevicesAsync()
    {
        var user = SharedServer.NewUser();
        return (await TestDevice.OpenAsync(shared.Server, user), await TestDevice.OpenAsync(shared.Server, user));
    }
}
