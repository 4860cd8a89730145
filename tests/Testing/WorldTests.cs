using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Hosting;

namespace OrleansSync.Testing.Tests;

/// <summary>What a world is made of, and what is left of it.</summary>
public sealed class WorldTests
{
    [Fact]
    public async Task A_world_without_declarations_takes_any_type_and_one_with_them_no_other()
    {
        await using (var open = await SyncWorld.StartAsync())
        {
            await using var device = await open.AddDeviceAsync("phone");
            await device.PutAsync("n1", "a");
            await open.ConvergeAsync();
        }

        await using var declared = await SyncWorld.StartAsync(static sync => sync.Entity("tasks"));
        await using var phone = await declared.AddDeviceAsync("phone");
        var error = await Assert.ThrowsAsync<SyncException>(() => phone.PutAsync("n1", "a"));
        Assert.Equal("OS3002", error.Code);
    }

    [Fact]
    public async Task A_schema_declares_the_same_for_the_server_and_for_a_device_that_has_never_met_it()
    {
        var schema = new SyncSchema(
        [
            new EntitySchema("notes").Counter("likes") with { OnDelete = DeletePolicy.ByTimestamp },
            new EntitySchema("tasks"),
        ]);
        await using var world = await SyncWorld.StartAsync(schema);
        await using var phone = await world.AddDeviceAsync("phone", online: false);

        await phone.PutAsync("n1", "a");
        await phone.Notes().PatchAsync("n1", static patch => patch.Increment("likes", 2));
        var error = await Assert.ThrowsAsync<SyncException>(() => phone.Notes().PatchAsync("n1", static patch => patch.Set("likes", 1)));
        Assert.Equal("OS3003", error.Code);
        await phone.GoOnlineAsync();
        await world.ConvergeAsync();
        await using var laptop = await world.AddDeviceAsync("laptop");
        await world.ConvergeAsync();
        Assert.Equal(2, (await laptop.Notes().FindAsync("n1"))!.Fields["likes"]!.GetValue<long>());
    }

    [Fact]
    public async Task What_cannot_be_served_is_told_at_the_start()
    {
        var error = await Assert.ThrowsAsync<OrleansSyncConfigurationException>(() => SyncWorld.StartAsync(static sync => sync.Entity("no type")));

        Assert.StartsWith("OrleansSync:Entities:no type", Assert.Single(error.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worlds_beside_each_other_and_users_of_one_world_share_nothing_and_leave_nothing()
    {
        await using var one = await SyncWorld.StartAsync(Worlds.Schema);
        await using var other = await SyncWorld.StartAsync(Worlds.Schema);
        await using var anns = await one.AddDeviceAsync("phone", "ann");
        await using var bobs = await one.AddDeviceAsync("laptop", "bob");
        await using var elsewhere = await other.AddDeviceAsync("phone", "ann");
        await anns.PutAsync("n1", "a");
        await one.ConvergeAsync();
        await other.ConvergeAsync();

        Assert.Equal((1, 0, 0), (await anns.Notes().CountAsync(), await bobs.Notes().CountAsync(), await elsewhere.Notes().CountAsync()));
        Assert.True(Directory.Exists(one.Folder));
        await one.DisposeAsync();
        Assert.False(Directory.Exists(one.Folder));
    }

    [Fact]
    public async Task Open_devices_have_names_of_their_own_and_one_that_was_closed_gives_it_back()
    {
        await using var world = await SyncWorld.StartAsync();
        var phone = await world.AddDeviceAsync("phone");
        await Assert.ThrowsAsync<ArgumentException>(() => world.AddDeviceAsync("phone"));
        Assert.Equal([phone], world.Devices);

        await phone.DisposeAsync();
        Assert.Empty(world.Devices);
        await using var next = await world.AddDeviceAsync("phone");
        Assert.NotEqual(phone.Store.DeviceId, next.Store.DeviceId);
    }

    [Fact]
    public async Task A_device_has_the_options_that_the_test_wants()
    {
        await using var world = await SyncWorld.StartAsync(Worlds.Schema);
        await using var phone = await world.AddDeviceAsync("phone", change: static options => options with
        {
            AutoSync = false,
            Indexes = [new LocalIndex("notes", "title")],
        });

        await phone.PutAsync("n1", "a");
        Assert.Equal(1, await phone.Notes().Query().Where("title", "a").CountAsync());
        await world.AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Equal(1, phone.Store.Status.Pending);
        await world.ConvergeAsync();
        Assert.Equal(0, phone.Store.Status.Pending);
    }
}
