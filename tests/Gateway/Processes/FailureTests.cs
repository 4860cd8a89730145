using OrleansSync.Gateway.Tests.Support;
using Xunit.Abstractions;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>What devices notice when processes of a cluster end, well or badly.</summary>
[Collection(ClusterProcesses.Name)]
public sealed class FailureTests(ClusterFixture fixture, ITestOutputHelper output)
{
    private const int Dead = 6;
    private const int Users = 24;

    private static readonly TimeSpan DetectionLimit = TimeSpan.FromSeconds(5);
    // Nobody is promised how long it takes to tell a silo that stands still from one that is only busy.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan PauseLimit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task I2_A_killed_silo_is_noticed_within_5_s_and_its_users_write_on_within_10_s_each_operation_once()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        traffic.TakeLongestPause();

        fixture.Cluster.Silos[0].Kill();

        var noticed = await Eventually.IsAsync(
            async () => await fixture.StatusOfAsync(0) == Dead, Patience, "the killed silo is known to be dead");
        await traffic.GoesOnAsync();
        var pause = traffic.TakeLongestPause();
        output.WriteLine($"noticed after {noticed.TotalSeconds:0.00} s; longest pause of {Users} users {pause.TotalSeconds:0.00} s; "
            + $"{traffic.Refusals.Count} retries");
        await fixture.HealAsync();
        await traffic.CheckAsync();
        Assert.True(noticed <= DetectionLimit, $"It took {noticed} to notice.");
        Assert.True(pause <= PauseLimit, $"A user's writes paused for {pause}.");
    }

    [Fact]
    public async Task I7_A_silo_that_stands_still_is_replaced_and_ends_itself_when_it_moves_again()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        traffic.TakeLongestPause();

        await fixture.Cluster.Silos[1].SignalAsync("STOP");

        var noticed = await Eventually.IsAsync(
            async () => await fixture.StatusOfAsync(1) == Dead, Patience, "the silo that stands still is taken for dead");
        await traffic.GoesOnAsync();
        var pause = traffic.TakeLongestPause();
        output.WriteLine($"noticed after {noticed.TotalSeconds:0.00} s; longest pause of {Users} users {pause.TotalSeconds:0.00} s; "
            + $"{traffic.Refusals.Count} retries");
        await fixture.Cluster.Silos[1].SignalAsync("CONT");
        Assert.NotEqual(0, await fixture.Cluster.Silos[1].ExitAsync(CancellationToken.None));
        await fixture.HealAsync();
        await traffic.CheckAsync();
    }

    [Fact]
    public async Task I2_A_silo_that_is_told_to_end_drains_and_devices_meet_no_more_than_a_retry()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        traffic.TakeLongestPause();
        foreach (var silo in fixture.Cluster.Silos)
        {
            await silo.SignalAsync("TERM");
            Assert.Equal(0, await silo.ExitAsync(CancellationToken.None));
            await traffic.GoesOnAsync();
            await fixture.HealAsync();
        }

        output.WriteLine($"longest pause {traffic.TakeLongestPause().TotalSeconds:0.00} s; {traffic.Refusals.Count} retries");
        await traffic.CheckAsync();
    }

    [Fact]
    public async Task I2_A_gateway_that_is_told_to_end_drains_and_devices_go_on_at_another()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        await fixture.Cluster.Gateways[0].SignalAsync("TERM");
        Assert.Equal(0, await fixture.Cluster.Gateways[0].ExitAsync(CancellationToken.None));
        await traffic.GoesOnAsync();
        await fixture.HealAsync();
        await traffic.CheckAsync();
    }
}
