using OrleansSync.Gateway.Tests.Support;
using Xunit.Abstractions;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>A cluster of nodes, which are silo and gateway each: well, killed and told to end.</summary>
[Collection(NodeProcesses.Name)]
public sealed class NodeTests(NodeFixture fixture, ITestOutputHelper output)
{
    private const int Dead = 6;
    private const int Users = 24;

    private static readonly TimeSpan DetectionLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Every_node_is_ready_and_what_is_written_at_one_is_watched_at_another()
    {
        using var http = new HttpClient();
        foreach (var address in fixture.Cluster.GatewayHttp)
            Assert.Equal("Healthy", await http.GetStringAsync(new Uri(address, "/health/ready")));

        var user = SharedServer.NewUser();
        var phone = await TestDevice.OpenAsync(fixture.Gateways[0], user);
        var laptop = await TestDevice.OpenAsync(fixture.Gateways[2], user);
        using var watch = new WatchReader(laptop.Watch());
        await watch.NextAsync();
        await phone.PushAsync(phone.Create("notes", "1", TestDevice.Set("text", "\"seen\"")));

        Assert.Equal("\"seen\"", Pulled.Value(Assert.Single((await watch.NextAsync()).Rows), "text"));
    }

    [Fact]
    public async Task I2_A_killed_node_is_noticed_within_5_s_and_its_users_write_on_within_10_s_each_operation_once()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        traffic.TakeLongestPause();

        fixture.Cluster.Nodes[0].Kill();

        var noticed = await Eventually.IsAsync(
            async () => await fixture.StatusOfAsync(0) == Dead, Patience, "the killed node is known to be dead");
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
    public async Task Watches_at_a_node_see_what_is_written_after_another_was_killed_that_had_their_users()
    {
        var users = await Task.WhenAll(Enumerable.Range(0, Users).Select(async _ =>
        {
            var user = SharedServer.NewUser();
            var writer = await TestDevice.OpenAsync(fixture.Gateways[2], user);
            var watch = new WatchReader((await TestDevice.OpenAsync(fixture.Gateways[1], user)).Watch());
            await watch.NextAsync();
            return (writer, watch);
        }));

        fixture.Cluster.Nodes[0].Kill();
        await Eventually.IsAsync(async () => await fixture.StatusOfAsync(0) == Dead, Patience, "the killed node is known to be dead");
        // Well below the period of renewals, which would tell all of them by themselves.
        using var late = new CancellationTokenSource(PauseLimit);
        await Task.WhenAll(users.Select(async user =>
        {
            var (writer, watch) = user;
            using var owned = watch;
            var seen = watch.NextAsync().WaitAsync(late.Token);
            await writer.PushAsync(writer.Create("notes", "1", TestDevice.Set("text", "\"seen\"")));
            Assert.Equal("\"seen\"", Pulled.Value(Assert.Single((await seen).Rows), "text"));
        }));
        await fixture.HealAsync();
    }

    [Fact]
    public async Task I2_A_node_that_is_told_to_end_drains_and_devices_meet_no_more_than_a_retry()
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        traffic.TakeLongestPause();
        foreach (var node in fixture.Cluster.Nodes)
        {
            await node.SignalAsync("TERM");
            Assert.Equal(0, await node.ExitAsync(CancellationToken.None));
            await traffic.GoesOnAsync();
            await fixture.HealAsync();
        }

        output.WriteLine($"longest pause {traffic.TakeLongestPause().TotalSeconds:0.00} s; {traffic.Refusals.Count} retries");
        await traffic.CheckAsync();
    }
}
