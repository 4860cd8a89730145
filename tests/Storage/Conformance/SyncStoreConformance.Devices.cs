using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task Devices_are_numbered_from_one_in_the_order_of_their_registration()
    {
        for (byte i = 1; i <= 5; i++)
        {
            // Ids that fall, so that no order of ids can pass for it.
            var record = await Store.RegisterDeviceAsync(Scope, Make.Device(100 - i), Make.Session(i), 1_000 + i, default);
            Assert.Equal(new DeviceRecord(Make.Device(100 - i), i, 0, 0, Make.Session(i), 1_000 + i, Revoked: false), record);
        }

        Assert.Equal([1, 2, 3, 4, 5], (await Store.ListDevicesAsync(Scope, default)).Select(device => device.Number));
    }

    [Fact]
    public async Task Registering_a_device_makes_the_scope_without_an_epoch_and_keeps_an_existing_one()
    {
        await Store.RegisterDeviceAsync(Scope, Owner.Phone, Make.Session(1), 1, default);
        var before = (await Store.ReadScopeAsync(Scope, default))!;
        Assert.Equal((0, 0), (before.Epoch, before.Head));

        await Store.RegisterDeviceAsync(Scope, Make.Device(2), Make.Session(1), 1, default);
        Assert.Equal(before, await Store.ReadScopeAsync(Scope, default));
    }

    [Fact]
    public async Task Registering_a_device_again_answers_the_first_record_unchanged()
    {
        var first = await Store.RegisterDeviceAsync(Scope, Owner.Phone, Make.Session(1), 1, default);
        Assert.Equal(first, await Store.RegisterDeviceAsync(Scope, Owner.Phone, Make.Session(9), 2, default));
        Assert.Equal([first], await Store.ListDevicesAsync(Scope, default));
    }

    [Fact]
    public async Task Concurrent_registrations_give_each_device_one_number()
    {
        var registered = await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
            Store.RegisterDeviceAsync(Scope, Make.Device(i / 2), Make.Session(1), 1, default)));

        Assert.Equal(Enumerable.Range(1, 20), registered.Select(device => device.Number).Distinct().Order());
        Assert.All(registered.GroupBy(device => device.Device), pair => Assert.Single(pair.Distinct()));
    }

    [Fact]
    public async Task A_session_is_replaced_only_where_it_is_the_expected_one()
    {
        await Store.RegisterDeviceAsync(Scope, Owner.Phone, Make.Session(1), 1, default);
        var pending = Make.Session(1) with { Pending = Make.Session(2).Proved };

        Assert.True(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), pending, 0, default));
        Assert.False(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), Make.Session(3), 0, default));
        Assert.False(await Store.UpdateSessionAsync(Scope, Owner.Phone, pending with { Proved = [] }, Make.Session(3), 0, default));
        Assert.Equal(pending, Assert.Single(await Store.ListDevicesAsync(Scope, default)).Session);

        Assert.True(await Store.UpdateSessionAsync(Scope, Owner.Phone, pending, Make.Session(2), 0, default));
        Assert.Equal(Make.Session(2), Assert.Single(await Store.ListDevicesAsync(Scope, default)).Session);
    }

    [Fact]
    public async Task I9_The_session_of_a_revoked_device_is_not_replaced()
    {
        await Store.RegisterDeviceAsync(Scope, Owner.Phone, Make.Session(1), 1, default);
        await Store.RevokeDeviceAsync(Scope, Owner.Phone, default);

        Assert.False(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), Make.Session(2), doneBelow: 5, default));

        var device = Assert.Single(await Store.ListDevicesAsync(Scope, default));
        Assert.Equal((Make.Session(1), 0L), (device.Session, device.DoneBelow));
    }

    [Fact]
    public async Task Of_concurrent_session_updates_from_one_session_exactly_one_wins()
    {
        await Store.RegisterDeviceAsync(Scope, Owner.Phone, Make.Session(1), 1, default);
        var won = await Task.WhenAll(Enumerable.Range(2, 20).Select(i =>
            Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), Make.Session((byte)i), i, default)));

        var winner = Assert.Single(won.Index(), x => x.Item);
        var device = Assert.Single(await Store.ListDevicesAsync(Scope, default));
        Assert.Equal((Make.Session((byte)(winner.Index + 2)), winner.Index + 2L), (device.Session, device.DoneBelow));
    }

    [Fact]
    public async Task Done_below_never_goes_down_and_a_refused_session_does_not_raise_it()
    {
        await Store.RegisterDeviceAsync(Scope, Owner.Phone, Make.Session(1), 1, default);
        Assert.True(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), Make.Session(2), doneBelow: 10, default));
        Assert.True(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(2), Make.Session(3), doneBelow: 4, default));
        Assert.False(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(2), Make.Session(4), doneBelow: 99, default));
        Assert.Equal(10, Assert.Single(await Store.ListDevicesAsync(Scope, default)).DoneBelow);
    }

    [Fact]
    public async Task A_session_of_an_unknown_device_or_scope_is_not_updated()
    {
        Assert.False(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), Make.Session(2), 0, default));
        await Store.ClaimAsync(Scope, default);
        Assert.False(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), Make.Session(2), 0, default));
        Assert.Empty(await Store.ListDevicesAsync(Scope, default));
    }

    [Fact]
    public async Task I9_Revoking_a_device_raises_the_epoch_so_that_rounds_under_way_are_refused()
    {
        var owner = await OwnerAsync();

        Assert.True(await Store.RevokeDeviceAsync(Scope, Owner.Phone, default));

        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round(owner.Put("a"))));
        var claim = await Store.ClaimAsync(Scope, default);
        Assert.True(Assert.Single(claim.Devices).Revoked);
        Assert.Equal(owner.Epoch + 2, claim.State.Epoch);
    }

    [Fact]
    public async Task Revoking_an_unknown_device_changes_nothing()
    {
        Assert.False(await Store.RevokeDeviceAsync(Scope, Owner.Phone, default));
        Assert.Null(await Store.ReadScopeAsync(Scope, default));

        var owner = await OwnerAsync();
        Assert.False(await Store.RevokeDeviceAsync(Scope, Make.Device(9), default));
        await owner.CommitAsync(owner.Put("a"));
    }
}
