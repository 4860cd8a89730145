using OrleansSync.Gateway.Tests.Support;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>A cluster of processes that is well.</summary>
[Collection(ClusterProcesses.Name)]
public sealed class ClusterTests(ClusterFixture fixture)
{
    [Fact]
    public async Task Three_silos_that_start_at_once_on_an_empty_database_make_its_tables_once_and_one_cluster()
    {
        Assert.Equal(1L, await fixture.QueryAsync<long>("select count(*) from schema_scripts where scriptname like '%orleans.sql'"));
        Assert.True(await fixture.QueryAsync<long>("select count(distinct port) from orleans.members where status = 3") == 3);
        Assert.Equal(1L, await fixture.QueryAsync<long>("select count(*) from orleans.clusters"));
    }

    [Fact]
    public async Task Every_process_says_that_it_lives_and_is_ready()
    {
        using var http = new HttpClient();
        foreach (var address in fixture.Cluster.SiloHttp.Concat(fixture.Cluster.GatewayHttp))
        {
            Assert.Equal("Healthy", await http.GetStringAsync(new Uri(address, "/health/live")));
            Assert.Equal("Healthy", await http.GetStringAsync(new Uri(address, "/health/ready")));
        }
    }

    [Fact]
    public async Task What_is_written_through_one_gateway_is_watched_at_another()
    {
        var user = SharedServer.NewUser();
        var phone = await TestDevice.OpenAsync(fixture.Gateways[0], user);
        var laptop = await TestDevice.OpenAsync(fixture.Gateways[1], user);
        using var watch = new WatchReader(laptop.Watch());
        await watch.NextAsync();

        await phone.PushAsync(phone.Create("notes", "1", TestDevice.Set("text", "\"seen\"")));

        Assert.Equal("\"seen\"", Pulled.Value(Assert.Single((await watch.NextAsync()).Rows), "text"));
    }

    [Fact]
    public async Task A_person_reads_the_data_with_plain_sql()
    {
        var device = await TestDevice.OpenAsync(fixture.Gateways[0], SharedServer.NewUser());
        await device.PushAsync(device.Create("tasks", "pump", TestDevice.Set("title", "\"Fix pump\"")));
        Assert.Equal("Fix pump", await fixture.QueryAsync<string>(
            "select fields->>'title' from entities where type = 'tasks' and fields->>'title' is not null limit 1"));
    }
}
