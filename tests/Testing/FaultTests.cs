using OrleansSync.Client;

namespace OrleansSync.Testing.Tests;

/// <summary>What the faults of a world do, and that everything goes on after them.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private SyncWorld _world = null!;
    private SyncDevice _phone = null!;
    private SyncDevice _laptop = null!;

    public async Task InitializeAsync()
    {
        _world = await SyncWorld.StartAsync(Worlds.Schema);
        _phone = await _world.AddDeviceAsync("phone");
        _laptop = await _world.AddDeviceAsync("laptop");
        await _phone.PutAsync("n1", "a");
        await _world.ConvergeAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Without_a_network_a_device_tries_at_its_periodic_sync_only_and_with_one_it_is_there_at_once()
    {
        Assert.Equal((SyncConnection.Online, true), (_phone.Store.Status.Connection, _phone.IsOnline));
        await _phone.GoOfflineAsync();
        Assert.Equal((SyncConnection.Connecting, false), (_phone.Store.Status.Connection, _phone.IsOnline));

        await _phone.PutAsync("n2", "b");
        await _world.AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Equal(1, _phone.Store.Status.Pending);
        Assert.Contains("no network", _phone.Store.Status.LastError, StringComparison.Ordinal);
        Assert.Null(await _laptop.TitleAsync("n2"));

        await _phone.GoOnlineAsync();
        Assert.Equal((SyncConnection.Online, 0), (_phone.Store.Status.Connection, _phone.Store.Status.Pending));
        await _world.ConvergeAsync();
        Assert.Equal("b", await _laptop.TitleAsync("n2"));
    }

    [Fact]
    public async Task A_connection_that_is_cut_comes_back_after_the_backoff()
    {
        await _phone.CutConnectionAsync();
        Assert.Equal(SyncConnection.Connecting, _phone.Store.Status.Connection);
        Assert.Equal(SyncConnection.Online, _laptop.Store.Status.Connection);

        await _world.AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(SyncConnection.Online, _phone.Store.Status.Connection);
    }

    [Fact]
    public async Task Acknowledgements_that_are_lost_leave_the_server_with_the_batch_and_the_device_without_its_outcome()
    {
        _phone.LoseNextAcknowledgement();
        _phone.LoseNextAcknowledgement();
        await _phone.Notes().PatchAsync("n1", static patch => patch.Increment("likes", 7));

        await Assert.ThrowsAsync<SyncException>(() => _phone.Store.SyncNowAsync());
        await _laptop.Store.SyncNowAsync();
        Assert.Equal((1, 7), (_phone.Store.Status.Pending, await LikesAsync(_laptop)));

        await _world.ConvergeAsync();
        Assert.Equal((0, 7, 7), (_phone.Store.Status.Pending, await LikesAsync(_phone), await LikesAsync(_laptop)));
        await _world.AssertIdenticalAsync();
    }

    [Fact]
    public async Task A_restart_of_the_app_keeps_what_it_has_written()
    {
        await _phone.GoOfflineAsync();
        await _phone.PutAsync("n2", "b");
        var (id, before) = (_phone.Store.DeviceId, _phone.Store);

        await _phone.RestartAsync();
        Assert.NotSame(before, _phone.Store);
        Assert.Equal((id, 1, "b"), (_phone.Store.DeviceId, _phone.Store.Status.Pending, await _phone.TitleAsync("n2")));

        await _phone.GoOnlineAsync();
        await _world.ConvergeAsync();
        await _world.AssertIdenticalAsync();
    }

    [Fact]
    public async Task A_restart_of_the_server_costs_no_more_than_the_streams()
    {
        await _phone.PutAsync("n2", "b");
        await _world.RestartServerAsync();
        Assert.Equal((SyncConnection.Connecting, 1), (_phone.Store.Status.Connection, _phone.Store.Status.Pending));

        await _world.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((SyncConnection.Online, 0), (_phone.Store.Status.Connection, _phone.Store.Status.Pending));
        await _world.ConvergeAsync();
        await _world.AssertIdenticalAsync();
    }

    private static async Task<long> LikesAsync(SyncDevice device) => (await device.Notes().FindAsync("n1"))!.Fields["likes"]!.GetValue<long>();
}
