using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Backend;

/// <summary>R44 as server code beside the gateway sees it.</summary>
[Collection(SharedServerTests.Name)]
public sealed class WriterTests(SharedServer shared)
{
    private static readonly Action<SyncWrite> Spend =
        static write => write.Patch("tasks", "pump", static patch => patch.Increment("minutes", 5));

    private readonly string _user = SharedServer.NewUser();
    private readonly ISyncWriter _writer = shared.Server.Services.GetRequiredService<ISyncWriter>();

    [Fact]
    public async Task R44_A_write_reaches_a_device_that_watches_as_any_commit_does()
    {
        var device = await TestDevice.OpenAsync(shared.Server, _user);
        var start = (await device.PullAsync()).Cursor;
        using var watch = new WatchReader(device.Watch(start));
        var result = await _writer.WriteAsync(_user, "k", static write => write
            .Put("tasks", "pump", new JsonObject { ["title"] = "Fix pump" })
            .Patch("tasks", "pump", static patch => patch.Increment("minutes", 5)));
        var page = await watch.NextAsync();
        // A gap that was empty may have been told first.
        if (page.Rows.Count == 0) page = await watch.NextAsync();

        Assert.True(result is { Accepted: true, Kind: Core.OutcomeKind.Applied, Sequence: 1, Operations.Length: 2 });
        var row = Assert.Single(page.Rows);
        Assert.Equal(("\"Fix pump\"", "5", 1L), (Pulled.Value(row, "title"), Pulled.Value(row, "minutes"), page.Cursor.Sequence));
        Assert.Empty(page.Outcomes);
        await device.PushAsync(device.Update("tasks", "pump", TestDevice.Increment("minutes", 1)));
        Assert.Equal("6", Pulled.Value((await device.PullAsync()).Row("tasks", "pump"), "minutes"));
    }

    [Fact]
    public async Task I2_R44_Many_callers_with_one_key_at_once_have_one_outcome_and_it_counts_once()
    {
        await _writer.WriteAsync(_user, "made", static write => write.Put("tasks", "pump", new JsonObject()));
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _writer.WriteAsync(_user, "k", Spend)));

        Assert.Single(results.Select(static result => (result.Kind, result.Sequence)).Distinct());
        Assert.Equal("5", await MinutesAsync());
        var other = await _writer.WriteAsync(_user, "k", static write => write.Delete("tasks", "pump"));
        Assert.Equal((Core.RejectionReason.OperationReused, 0L), (other.Reason, other.Sequence));
    }

    [Fact]
    public async Task I2_R44_A_key_is_known_to_the_next_activation_of_its_user()
    {
        await _writer.WriteAsync(_user, "made", static write => write.Put("tasks", "pump", new JsonObject()));
        var first = await _writer.WriteAsync(_user, "k", Spend);
        var management = shared.Server.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        await management.ForceActivationCollection(TimeSpan.Zero);
        var again = await _writer.WriteAsync(_user, "k", Spend);

        Assert.Equal(first.Operations.AsEnumerable(), again.Operations);
        Assert.Equal("5", await MinutesAsync());
    }

    [Fact]
    public async Task I2_R44_A_caller_that_left_before_the_answer_finds_it_under_its_key()
    {
        await using var server = await GatewayServer.StartAsync(services: HaltingStore.Wrap);
        var (store, writer) = (server.Services.GetRequiredService<HaltingStore>(), server.Services.GetRequiredService<ISyncWriter>());
        await writer.WriteAsync(_user, "made", static write => write.Put("tasks", "pump", new JsonObject()));
        using var leaving = new CancellationTokenSource();
        var held = store.HoldCommits();
        var left = writer.WriteAsync(_user, "k", Spend, leaving.Token);
        await held;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        store.ReleaseCommits();
        var result = await writer.WriteAsync(_user, "k", Spend);

        Assert.Equal((Core.OutcomeKind.Applied, 2L), (result.Kind, result.Sequence));
        var device = await TestDevice.OpenAsync(server, _user);
        Assert.Equal("5", Pulled.Value((await device.PullAsync()).Row("tasks", "pump"), "minutes"));

        store.Down = true;
        var away = await Assert.ThrowsAsync<SyncUnavailableException>(() => writer.WriteAsync(_user, "k2", Spend));
        Assert.True(away.RetryAfter > TimeSpan.Zero);
        store.Down = false;
        await writer.WriteAsync(_user, "k2", Spend);
        await writer.WriteAsync(_user, "k2", Spend);
        Assert.Equal("10", Pulled.Value((await device.PullAsync()).Row("tasks", "pump"), "minutes"));
        server.TakeErrors();
    }

    [Fact]
    public async Task R44_What_breaks_a_rule_is_told_by_its_place_and_nothing_is_sent()
    {
        await FaultAsync(FaultCode.EmptyBatch, "operations", static _ => { });
        await FaultAsync(FaultCode.UnknownType, "operations[1].type", static write => write.Delete("tasks", "a").Delete("cars", "b"));
        await FaultAsync(FaultCode.InvalidEntityId, "operations[0].entity_id", static write => write.Delete("tasks", ""));
        const string field = "operations[0].changes[0].field";
        await FaultAsync(FaultCode.InvalidName, field, static write => write.Put("tasks", "a", new JsonObject { ["a b"] = 1 }));
        await FaultAsync(
            FaultCode.ValueTooLarge, "operations[0].changes[1].set",
            static write => write.Patch("tasks", "a", static patch => patch.Set("x", 1).Set("y", new string('y', 70_000))));
        await FaultAsync(FaultCode.OutOfRange, "operations[0].expected", static write => write.Delete("tasks", "a", expected: -1));
        foreach (var key in new[] { "", "a\nb", new string('k', 257) })
            await Assert.ThrowsAsync<ArgumentException>("key", () => _writer.WriteAsync(_user, key, Spend));
        await Assert.ThrowsAsync<ArgumentException>("user", () => _writer.WriteAsync("", "k", Spend));
        Assert.Empty(await shared.Server.Services.GetRequiredService<ISyncFeed>().ReadAsync(_user, FeedCheckpoint.Start).ToListAsync());
    }

    [Fact]
    public async Task R44_Server_code_is_no_device_that_a_user_sees_revokes_or_can_be()
    {
        await _writer.WriteAsync(_user, "made", static write => write.Put("tasks", "pump", new JsonObject()));
        var device = await TestDevice.OpenAsync(shared.Server, _user);
        var backend = TestDevice.Wire(DeviceId.Backend.Value);

        var listed = await shared.Server.Devices.ListDevicesAsync(new ListDevicesRequest(), device.Options());
        Assert.Equal(TestDevice.Wire(device.Id), Assert.Single(listed.Devices).DeviceId);
        await StatusAssert.ThrowsAsync(StatusCode.NotFound, "DEVICE_UNKNOWN", async () =>
            await shared.Server.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { DeviceId = backend }, device.Options()));
        await StatusAssert.ThrowsAsync(StatusCode.FailedPrecondition, "DEVICE_CLONED", async () =>
            await shared.Server.Sync.HandshakeAsync(new HandshakeRequest { ProtocolVersion = 1, DeviceId = backend }, device.Options()));
        Assert.True((await _writer.WriteAsync(_user, "k", Spend)).Accepted);
    }

    private async Task FaultAsync(FaultCode code, string path, Action<SyncWrite> write)
    {
        var exception = await Assert.ThrowsAsync<SyncWriteException>(() => _writer.WriteAsync(_user, "k", write));
        Assert.Equal((code, path), (exception.Fault.Code, exception.Fault.Path));
    }

    private async Task<string?> MinutesAsync() =>
        Pulled.Value((await (await TestDevice.OpenAsync(shared.Server, _user)).PullAsync()).Row("tasks", "pump"), "minutes");
}
