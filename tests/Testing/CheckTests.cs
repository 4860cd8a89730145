namespace OrleansSync.Testing.Tests;

/// <summary>What a world says when its devices are not where the test wants them.</summary>
public sealed class CheckTests : IAsyncLifetime
{
    private SyncWorld _world = null!;
    private SyncDevice _phone = null!;

    public async Task InitializeAsync()
    {
        _world = await SyncWorld.StartAsync(Worlds.Schema);
        _phone = await _world.AddDeviceAsync("phone", "ann");
        await _phone.PutAsync("n1", "Fix pump");
        await _phone.PutAsync("n2", "Buy pipes");
        await _world.ConvergeAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Devices_that_differ_are_told_by_entity_and_field()
    {
        await using var laptop = await _world.AddDeviceAsync("laptop", "ann");
        await using var tablet = await _world.AddDeviceAsync("tablet", "ann");
        await _world.ConvergeAsync();
        await _world.AssertIdenticalAsync("ann");

        await tablet.GoOfflineAsync();
        await tablet.PutAsync("n1", "Fix the pump");
        await tablet.Notes().DeleteAsync("n2");
        await tablet.PutAsync("n3", "Own");
        await _world.ConvergeAsync();

        var error = await Assert.ThrowsAsync<SyncWorldException>(() => _world.AssertIdenticalAsync("ann"));
        Assert.Equal(
            [
                "The devices of ann are not identical:",
                "  notes/n1 title: \"Fix pump\" on phone, laptop; \"Fix the pump\" on tablet (pending)",
                "  notes/n2 is on phone, laptop and not on tablet",
                "  notes/n3 is on tablet (pending) and not on phone, laptop",
            ],
            error.Message.Split(Environment.NewLine));
    }

    [Fact]
    public async Task A_device_that_has_never_met_the_server_is_told_even_where_it_shows_the_same()
    {
        await using var lonely = await _world.AddDeviceAsync("lonely", "ann", online: false);
        await lonely.PutAsync("n1", "Fix pump");
        await lonely.PutAsync("n2", "Buy pipes");
        await _world.ConvergeAsync();

        var error = await Assert.ThrowsAsync<SyncWorldException>(() => _world.AssertIdenticalAsync("ann"));
        Assert.Contains("phone shows the same, from other rows of the server: cursor 1, digest ", error.Message, StringComparison.Ordinal);
        Assert.Contains("lonely shows the same, from other rows of the server: cursor 0, digest 00000000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_differences_the_first_ones_are_told()
    {
        await using var lonely = await _world.AddDeviceAsync("lonely", "ann", online: false);
        for (var i = 10; i < 30; i++) await lonely.PutAsync($"m{i}", "x");

        var error = await Assert.ThrowsAsync<SyncWorldException>(() => _world.AssertIdenticalAsync("ann"));
        Assert.EndsWith("  and 2 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_device_alone_is_nothing_to_compare()
    {
        var error = await Assert.ThrowsAsync<SyncWorldException>(() => _world.AssertIdenticalAsync("ann"));

        Assert.Equal("ann has 1 open devices: there is nothing to compare.", error.Message);
    }

    [Fact]
    public async Task Devices_that_do_not_converge_are_named_with_the_reason_and_the_others_are_not()
    {
        await using var laptop = await _world.AddDeviceAsync("laptop", "ann");
        await using var tablet = await _world.AddDeviceAsync("tablet", "ann", online: false);
        laptop.Store.Pause();
        await _phone.PutAsync("n3", "Own");

        var error = await Assert.ThrowsAsync<SyncWorldException>(() => _world.ConvergeAsync());
        Assert.Equal(
            [
                "The devices did not converge and syncing changes nothing any more:",
                "  laptop (of ann) has 0 pending, 0 dead letters and cursor 1: OS1020 Syncing is paused. Call Resume() first.",
            ],
            error.Message.Split(Environment.NewLine));

        laptop.Store.Resume();
        await _world.ConvergeAsync();
        Assert.Equal("Own", await laptop.TitleAsync("n3"));
    }

    [Fact]
    public async Task A_convergence_that_takes_too_long_says_so()
    {
        await _phone.PutAsync("n3", "Own");

        var error = await Assert.ThrowsAsync<SyncWorldException>(() => _world.ConvergeAsync(TimeSpan.Zero));
        Assert.Equal(
            ["The devices did not converge within 00:00:00:", "  phone (of ann) has 1 pending, 0 dead letters and cursor 1: its sync did not end."],
            error.Message.Split(Environment.NewLine));
    }
}
