namespace OrleansSync.EndToEnd.Tests.Devices;

public sealed class SubscriptionTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>
{
    [Fact]
    public async Task R10_Types_are_added_with_all_their_rows_and_removed_with_them()
    {
        var user = EmbeddedServer.NewUser();
        await using var writer = await server.OpenAsync(user);
        await using var reader = await server.OpenAsync(user, change: static options => options with { Types = ["tasks"] });
        await writer.PutAsync("tasks", "t", "a task");
        await Task.WhenAll(Enumerable.Range(0, 2_500).Select(i => writer.PutAsync("photos", $"p{i:d4}", "a photo")));
        await writer.SyncNowAsync();
        await reader.SyncNowAsync();
        Assert.Equal((1, 0), (await reader.Collection("tasks").CountAsync(), await reader.Collection("photos").CountAsync()));

        await reader.Subscriptions.AddAsync("photos");
        await writer.Collection("photos").DeleteAsync("p0000");
        await writer.PutAsync("tasks", "u", "another");
        await writer.SyncNowAsync();
        await reader.SyncNowAsync();
        Assert.Equal(await writer.DigestAsync(), await reader.DigestAsync());
        Assert.Equal(2_499, await reader.Collection("photos").CountAsync());

        await reader.PutAsync("photos", "mine", "on its way");
        await reader.Subscriptions.RemoveAsync("photos");
        Assert.Equal(1, await reader.Collection("photos").CountAsync());
        await reader.SyncNowAsync();
        await writer.SyncNowAsync();
        Assert.Equal((2, 0), (await reader.Collection("tasks").CountAsync(), await reader.Collection("photos").CountAsync()));
        Assert.Equal(2_500, await writer.Collection("photos").CountAsync());
        Assert.Equal(0, reader.Status.Pending);
    }
}
