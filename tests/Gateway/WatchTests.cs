using Grpc.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Protocol.V1;
using static OrleansSync.Gateway.Tests.Support.TestDevice;

namespace OrleansSync.Gateway.Tests;

[Collection(SharedServerTests.Name)]
public sealed class WatchTests(SharedServer shared)
{
    [Fact]
    public async Task A_watch_sends_what_is_there_and_then_what_comes()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        await phone.PushAsync(phone.Create("tasks", "before", Set("title", "1")));
        using var watch = new WatchReader(laptop.Watch());
        Assert.Equal("before", Assert.Single((await watch.NextAsync()).Rows).EntityId);

        var outcome = Assert.Single((await phone.PushAsync(phone.Create("tasks", "after", Set("title", "2")))).Outcomes);

        var page = await watch.NextAsync();
        Assert.Equal("after", Assert.Single(page.Rows).EntityId);
        Assert.True(page.Complete);
        Assert.Equal(outcome.Sequence, page.Cursor.Sequence);
        Assert.Empty(page.Outcomes);
    }

    [Fact]
    public async Task I5_A_watch_has_every_commit_once_and_in_order()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        using var watch = new WatchReader(laptop.Watch());
        await watch.NextAsync();
        const int writes = 60;
        var pushing = Task.WhenAll(Enumerable.Range(0, writes).Select(i => phone.PushAsync(
            phone.Create("notes", $"n{i:D2}", Set("text", $"{i}")), phone.Create("tasks", "sum", Increment("minutes", 1)))));

        var seen = new HashSet<string>();
        var cursor = 0L;
        var sum = "";
        while (seen.Count < writes)
        {
            var page = await watch.NextAsync();
            foreach (var row in page.Rows.Where(static row => row.Type == "notes")) Assert.True(seen.Add(row.EntityId));
            sum = page.Rows.Where(static row => row.Type == "tasks").Select(static row => Pulled.Value(row, "minutes")).LastOrDefault(sum);
            if (!page.Complete) continue;
            Assert.True(page.Cursor.Sequence > cursor);
            cursor = page.Cursor.Sequence;
        }

        await pushing;
        Assert.Equal($"{writes}", sum);
    }

    [Fact]
    public async Task The_outcomes_of_the_devices_own_operations_ride_along()
    {
        var (phone, _) = await TwoDevicesAsync();
        using var watch = new WatchReader(phone.Watch());
        await watch.NextAsync();
        var acknowledgement = await phone.PushAsync(phone.Create("notes", "own", Set("text", "1")));
        Assert.Equal(acknowledgement.Outcomes, (await watch.NextAsync()).Outcomes);
    }

    [Fact]
    public async Task A_commit_without_rows_of_the_types_moves_the_cursor()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        using var watch = new WatchReader(laptop.Watch(types: "tasks"));
        await watch.NextAsync();
        var outcome = Assert.Single((await phone.PushAsync(phone.Create("notes", "other", Set("text", "1")))).Outcomes);

        var page = await watch.NextAsync();

        Assert.Empty(page.Rows);
        Assert.True(page.Complete);
        Assert.Equal(outcome.Sequence, page.Cursor.Sequence);
    }

    [Fact]
    public async Task I6_A_transaction_too_large_for_a_notice_arrives_whole()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        using var watch = new WatchReader(laptop.Watch());
        await watch.NextAsync();
        var operations = Enumerable.Range(0, 3_000).Select(i => phone.Create("notes", $"n{i:D4}", Set("text", "1")));
        await phone.PushAsync(Transaction([.. operations]));

        var rows = 0;
        Page page;
        do
        {
            page = await watch.NextAsync();
            rows += page.Rows.Count;
        }
        while (!page.Complete);

        Assert.Equal(3_000, rows);
    }

    [Fact]
    public async Task A_device_that_reads_slowly_misses_nothing()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        using var watch = new WatchReader(laptop.Watch());
        await watch.NextAsync();
        // Far more than what the server keeps for a stream, and more than what the transport takes.
        var value = $"\"{new string('x', 20_000)}\"";
        const int writes = 200;
        for (var i = 0; i < writes; i++) await phone.PushAsync(phone.Create("notes", $"n{i:D3}", Set("text", value)));

        var seen = new List<string>();
        while (seen.Count < writes) seen.AddRange((await watch.NextAsync()).Rows.Select(static row => row.EntityId));

        Assert.Equal(Enumerable.Range(0, writes).Select(static i => $"n{i:D3}"), seen);
    }

    [Fact]
    public async Task I9_A_revoked_device_loses_its_streams_and_gets_no_new_ones()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        using var watch = new WatchReader(phone.Watch());
        await watch.NextAsync();
        using var push = await phone.OpenPushAsync();
        await push.ReadWindowAsync();

        await shared.Server.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { DeviceId = Wire(phone.Id) }, laptop.Options());

        await StatusAssert.ThrowsAsync(StatusCode.PermissionDenied, "DEVICE_REVOKED", watch.NextAsync);
        await StatusAssert.ThrowsAsync(StatusCode.PermissionDenied, "DEVICE_REVOKED", push.AcknowledgementAsync);
        await StatusAssert.ThrowsAsync(
            StatusCode.PermissionDenied, "DEVICE_REVOKED", () => phone.PushAsync(phone.Create("notes", "late", Set("text", "1"))));
        await StatusAssert.ThrowsAsync(StatusCode.PermissionDenied, "DEVICE_REVOKED", () => phone.PullAsync());
        await StatusAssert.ThrowsAsync(StatusCode.PermissionDenied, "DEVICE_REVOKED", phone.HandshakeAsync);
        Assert.Empty((await laptop.PullAsync()).Rows);
    }

    [Fact]
    public async Task The_devices_of_a_user_are_listed_with_what_they_told()
    {
        var (phone, laptop) = await TwoDevicesAsync();
        await shared.Server.Sync.HandshakeAsync(
            new HandshakeRequest
            {
                ProtocolVersion = 1,
                DeviceId = Wire(phone.Id),
                SessionToken = phone.Token,
                Profile = new DeviceProfile { Name = "Ada's phone", Platform = "android", AppVersion = "1.2" },
                Status = new DeviceStatus { QueueDepth = 7, OldestPendingSeconds = 60, DeadLetters = 1 },
            },
            phone.Options());

        var devices = (await shared.Server.Devices.ListDevicesAsync(new ListDevicesRequest(), laptop.Options())).Devices;

        Assert.Equal(2, devices.Count);
        var listed = Assert.Single(devices, device => device.DeviceId == Wire(phone.Id));
        Assert.Equal(("Ada's phone", "android", "1.2"), (listed.Profile.Name, listed.Profile.Platform, listed.Profile.AppVersion));
        Assert.Equal((7, 60L, 1), (listed.Status.QueueDepth, listed.Status.OldestPendingSeconds, listed.Status.DeadLetters));
        Assert.True(listed is { Revoked: false, RegisteredAt: > 0, LastSeenAt: > 0 });
    }

    [Fact]
    public async Task A_device_that_the_user_does_not_have_cannot_be_revoked()
    {
        var (phone, _) = await TwoDevicesAsync();
        var stranger = await TestDevice.OpenAsync(shared.Server, SharedServer.NewUser());
        await StatusAssert.ThrowsAsync(StatusCode.NotFound, "DEVICE_UNKNOWN", async () => await shared.Server.Devices.RevokeDeviceAsync(
            new RevokeDeviceRequest { DeviceId = Wire(stranger.Id) }, phone.Options()));
        var exception = await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, "INVALID_UUID", async () =>
            await shared.Server.Devices.RevokeDeviceAsync(new RevokeDeviceRequest(), phone.Options()));
        StatusAssert.NamesField(exception, "device_id");
        Assert.True((await stranger.PullAsync()).Last.Complete);
    }

    private async Task<(TestDevice Phone, TestDevice Laptop)> TwoDevicesAsync()
    {
        var user = SharedServer.NewUser();
        return (await TestDevice.OpenAsync(shared.Server, user), await TestDevice.OpenAsync(shared.Server, user));
    }
}
