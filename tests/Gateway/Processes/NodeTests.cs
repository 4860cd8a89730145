using OrleansSync.Gateway.Tests.Support;
using Xunit.Abstractions;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>A cluster of nodes, which are silo and gateway each: well, killed and told to end.</summary>
[Collection(NodeProcesses.Name)]
public sealed class NodeTests(NodeFixture fixture, ITestOutputHelper output)
{
    private readonly Failures _failures = new(fixture, output);

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
    public Task I2_A_killed_node_is_noticed_within_5_s_and_its_users_write_on_within_10_s_each_operation_once() =>
        _failures.SurviveKillAsync(fixture.Cluster.Nodes[0], silo: 0);

    [Fact]
    public async Task Watches_at_a_node_see_what_is_written_after_another_was_killed_that_had_their_users()
    {
        var users = await Task.WhenAll(Enumerable.Range(0, Failures.Users).Select(async _ =>
        {
            var user = SharedServer.NewUser();
            var writer = await TestDevice.OpenAsync(fixture.Gateways[2], user);
            var watch = new WatchReader((await TestDevice.OpenAsync(fixture.Gateways[1], user)).Watch());
            await watch.NextAsync();
            return (writer, watch);
        }));

        fixture.Cluster.Nodes[0].Kill();
        await _failures.NoticedAsync(0);
        // Well below the period of renewals, which would tell all of them by themselves.
        using var late = new CancellationTokenSource(Failures.PauseLimit);
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
    public Task I2_A_node_that_is_told_to_end_drains_and_devices_meet_no_more_than_a_retry() => _failures.SurviveEndAsync(fixture.Cluster.Nodes);
}
