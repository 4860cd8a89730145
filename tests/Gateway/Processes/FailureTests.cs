using Xunit.Abstractions;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>What devices notice when processes of a cluster end, well or badly.</summary>
[Collection(ClusterProcesses.Name)]
public sealed class FailureTests(ClusterFixture fixture, ITestOutputHelper output)
{
    private readonly Failures _failures = new(fixture, output);

    [Fact]
    public Task I2_A_killed_silo_is_noticed_within_5_s_and_its_users_write_on_within_10_s_each_operation_once() =>
        _failures.SurviveKillAsync(fixture.Cluster.Silos[0], silo: 0);

    [Fact]
    public async Task I7_A_silo_that_stands_still_is_replaced_and_ends_itself_when_it_moves_again()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Failures.Users);
        traffic.TakeLongestPause();

        await fixture.Cluster.Silos[1].SignalAsync("STOP");

        var noticed = await _failures.NoticedAsync(1);
        await traffic.GoesOnAsync();
        _failures.Tell(traffic, $"noticed after {noticed.TotalSeconds:0.00} s; ");
        await fixture.Cluster.Silos[1].SignalAsync("CONT");
        Assert.NotEqual(0, await fixture.Cluster.Silos[1].ExitAsync(CancellationToken.None));
        await fixture.HealAsync();
        await traffic.CheckAsync();
    }

    [Fact]
    public Task I2_A_silo_that_is_told_to_end_drains_and_devices_meet_no_more_than_a_retry() => _failures.SurviveEndAsync(fixture.Cluster.Silos);

    [Fact]
    public async Task I2_A_gateway_that_is_told_to_end_drains_and_devices_go_on_at_another()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Failures.Users);
        await fixture.Cluster.Gateways[0].SignalAsync("TERM");
        Assert.Equal(0, await fixture.Cluster.Gateways[0].ExitAsync(CancellationToken.None));
        await traffic.GoesOnAsync();
        await fixture.HealAsync();
        await traffic.CheckAsync();
    }
}
