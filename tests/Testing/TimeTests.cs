using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.Testing.Tests;

/// <summary>The time of a world moves when the test moves it, and takes everything along that comes due.</summary>
public sealed class TimeTests
{
    [Fact]
    public async Task Two_hours_have_their_periodic_syncs_and_a_push_its_moment()
    {
        await using var world = await SyncWorld.StartAsync(Worlds.Schema);
        await using var phone = await world.AddDeviceAsync("phone");
        var start = world.Time.GetUtcNow();

        await world.AdvanceAsync(TimeSpan.FromHours(2));
        Assert.Equal(start + TimeSpan.FromHours(2), world.Time.GetUtcNow());
        Assert.Equal(world.Time.GetUtcNow(), phone.Store.Status.LastSynced);

        var written = await phone.PutAsync("n1", "a");
        Assert.Equal(world.Time.GetUtcNow(), phone.Store.Status.OldestPending);
        await world.AdvanceAsync(TimeSpan.FromSeconds(2.999));
        Assert.Equal(1, phone.Store.Status.Pending);
        await world.AdvanceAsync(TimeSpan.FromSeconds(0.001));
        Assert.Equal((0, OutcomeKind.Applied), (phone.Store.Status.Pending, (await written.Outcome).Kind));
    }

    [Fact]
    public async Task Backoffs_of_any_fraction_of_a_millisecond_are_stepped_over()
    {
        await using var world = await SyncWorld.StartAsync(Worlds.Schema);
        await using var phone = await world.AddDeviceAsync("phone", change: static options => options with { MinBackoff = TimeSpan.FromMilliseconds(1) });
        for (var i = 0; i < 50; i++)
        {
            await phone.CutConnectionAsync();
            await world.AdvanceAsync(TimeSpan.FromTicks(TimeSpan.TicksPerMillisecond / 3));
        }

        await world.AdvanceAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(SyncConnection.Online, phone.Store.Status.Connection);
    }

    [Fact]
    public async Task Time_does_not_go_back()
    {
        await using var world = await SyncWorld.StartAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => world.AdvanceAsync(TimeSpan.FromSeconds(-1)));
    }
}
