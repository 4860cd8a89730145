using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrleansSync.Backend;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Gateway.Watch;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;
using Possession = OrleansSync.Protocol.V1.Possession;

namespace OrleansSync.Gateway.Tests.Administration;

/// <summary>"Where is my change?": from the device through the gateway and the commit to the other devices.</summary>
public sealed class WhereIsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly string _user = SharedServer.NewUser();
    private GatewayServer _server = null!;
    private Operator _admin = null!;
    private TestDevice _phone = null!;
    private TestDevice _laptop = null!;

    public async Task InitializeAsync()
    {
        _server = await GatewayServer.StartAsync(sync =>
        {
            sync.AllowOperators("sub", Operator.Name);
            sync.Time = _time;
        });
        _admin = new Operator(_server, _user);
        _phone = await TestDevice.OpenAsync(_server, _user);
        _laptop = await TestDevice.OpenAsync(_server, _user);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task R26_An_operation_is_found_with_its_outcome_its_commit_and_the_devices_that_have_it()
    {
        var operation = _phone.Create("tasks", "1", TestDevice.Set("title", "1"));
        var missing = await _admin.WhereIsAsync(operation.Id);
        Assert.Null(missing.Record);
        Assert.Equal([Possession.Nothing, Possession.Nothing], missing.Devices.Select(static device => device.Possession));
        Assert.True(missing.JournalSince > 0 && missing.JournalSince < _time.GetUtcNow().AddDays(-89).ToUnixTimeMilliseconds());

        var before = DateTimeOffset.UtcNow.AddSeconds(-5).ToUnixTimeMilliseconds();
        await _phone.PushAsync(operation);
        var found = await _admin.WhereIsAsync(operation.Id);

        Assert.Equal((TestDevice.Wire(_phone.Id), "tasks", "1", OperationKind.Create), (
            found.Record.DeviceId, found.Record.Type, found.Record.EntityId, found.Record.Kind));
        Assert.Equal((OutcomeKind.Applied, 1L, 1L, false), (found.Record.Outcome.Kind, found.Record.Outcome.Sequence, found.Head, found.DeadLetter));
        Assert.InRange(found.Record.CommittedAt, before, DateTimeOffset.UtcNow.AddSeconds(5).ToUnixTimeMilliseconds());
        // Nobody has asked for anything yet.
        Assert.All(found.Devices, static device => Assert.Equal((Possession.Unknown, 0L), (device.Possession, device.HeardAt)));
    }

    [Fact]
    public async Task R26_A_device_that_watches_is_known_to_have_been_sent_it_and_to_have_it_once_it_comes_back_with_the_cursor()
    {
        await _phone.PushAsync(_phone.Create("tasks", "0"));
        var cursor = (await _laptop.PullAsync()).Cursor;
        var operation = _phone.Create("tasks", "1");
        using (var watch = new WatchReader(_laptop.Watch(cursor)))
        {
            await _phone.PushAsync(operation);
            while ((await watch.NextAsync()).Cursor.Sequence < 2)
            {
            }

            // What was seen of it is told with the next renewal of the gateway's lease.
            _time.Advance(WatchHub.RenewPeriod);
            await LaptopIsAsync(operation.Id, Possession.Sent);
        }

        // It comes back with what it had before the watch: it was not on its disk after all.
        await _laptop.PullAsync(cursor);
        await LaptopIsAsync(operation.Id, Possession.Sent);
        await _laptop.PullAsync(new Cursor { Lineage = cursor.Lineage, Sequence = 2 });
        await LaptopIsAsync(operation.Id, Possession.Has);
        var laptop = (await _admin.WhereIsAsync(operation.Id)).Devices.Single(IsLaptop);
        Assert.Equal((2, 2, _time.GetUtcNow().ToUnixTimeMilliseconds()), (laptop.HeldSequence, laptop.SentSequence, laptop.HeardAt));
    }

    [Fact]
    public async Task R26_A_device_that_has_not_come_as_far_is_said_not_to_have_it_and_the_word_outlives_the_grains()
    {
        await _phone.PushAsync(_phone.Create("tasks", "0"));
        var cursor = (await _laptop.PullAsync()).Cursor;
        await _laptop.PullAsync(cursor);
        var operation = _phone.Create("tasks", "1");
        await _phone.PushAsync(operation);

        await LaptopIsAsync(operation.Id, Possession.NotYet);
        await _server.Services.GetRequiredService<IGrainFactory>().GetGrain<Orleans.Runtime.IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await LaptopIsAsync(operation.Id, Possession.NotYet);
        Assert.Equal(Possession.Unknown, (await _admin.WhereIsAsync(operation.Id)).Devices.Single(device => !IsLaptop(device)).Possession);
    }

    [Fact]
    public async Task R26_A_refused_operation_says_why_and_whether_its_letter_is_there_and_server_code_is_named()
    {
        var late = _phone.Update("tasks", "gone", TestDevice.Set("title", "1"));
        late.Base = 1;
        await _phone.PushAsync(late);
        var found = await _admin.WhereIsAsync(late.Id);
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.EntityGone, true), (
            found.Record.Outcome.Kind, found.Record.Outcome.Rejection.Reason, found.DeadLetter));
        Assert.All(found.Devices, static device => Assert.Equal(Possession.Nothing, device.Possession));

        var replay = await _admin.ReplayAsync(late.Id, asCreate: true);
        Assert.False((await _admin.WhereIsAsync(late.Id)).DeadLetter);
        var replayed = await _admin.WhereIsAsync(replay.Outcome.OperationId);
        Assert.Equal((ByteString.Empty, OutcomeKind.Applied, true), (
            replayed.Record.DeviceId, replayed.Record.Outcome.Kind, replayed.Record.DeviceHasOutcome));
    }

    [Fact]
    public async Task R26_The_writer_is_known_to_have_the_outcome_once_it_says_so_and_tells_of_its_queue()
    {
        var operation = _phone.Create("tasks", "1");
        await _phone.PushAsync(operation);
        Assert.False((await _admin.WhereIsAsync(operation.Id)).Record.DeviceHasOutcome);
        await _server.Sync.HandshakeAsync(
            new HandshakeRequest
            {
                ProtocolVersion = 1,
                DeviceId = TestDevice.Wire(_phone.Id),
                SessionToken = _phone.Token,
                DoneBelow = operation.Counter + 1,
                Status = new Protocol.V1.DeviceStatus { QueueDepth = 3, OldestPendingSeconds = 60 },
            },
            _phone.Options());

        var found = await _admin.WhereIsAsync(operation.Id);
        Assert.True(found.Record.DeviceHasOutcome);
        var status = found.Devices.Single(device => !IsLaptop(device)).Device.Status;
        Assert.Equal((3, 60L), (status.QueueDepth, status.OldestPendingSeconds));
    }

    [Fact]
    public void R26_Of_two_words_the_further_counts_and_of_two_lineages_the_later()
    {
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        var device = new Core.DeviceId(Guid.NewGuid());
        DevicePosition held = new(device, one, 5, 5, 10), sent = new(device, one, 3, 9, 11), anew = new(device, other, 1, 1, 12);

        Assert.Equal(new DevicePosition(device, one, 5, 9, 11), DevicePosition.Further(held, sent));
        Assert.Equal(new DevicePosition(device, one, 5, 9, 11), DevicePosition.Further(sent, held));
        Assert.Equal(anew, DevicePosition.Further(anew, sent));
        Assert.Equal(anew, DevicePosition.Further(sent, anew));
        Assert.Equal(held, DevicePosition.Further(null, held));
    }

    private bool IsLaptop(Protocol.V1.DeviceWhereabouts device) => device.Device.DeviceId == TestDevice.Wire(_laptop.Id);

    // A stream's end is told behind it.
    private async Task LaptopIsAsync(ByteString operation, Possession possession) => await Eventually.IsAsync(
        async () => (await _admin.WhereIsAsync(operation)).Devices.Single(IsLaptop).Possession == possession,
        TestDevice.Deadline,
        $"the laptop is known as {possession}");
}
