using System.Text.Json.Nodes;
using OrleansSync.Client;

namespace OrleansSync.EndToEnd.Tests.Devices;

public sealed class AccountTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>
{
    [Fact]
    public async Task I9_What_a_database_holds_of_one_user_is_never_sent_to_another()
    {
        var (ada, bob) = (EmbeddedServer.NewUser(), EmbeddedServer.NewUser());
        var path = server.PathOf("shared.db");
        await using (var store = await server.OpenAsync(ada, path))
        {
            await store.PutAsync("tasks", "a", "synced");
            await store.SyncNowAsync();
            await store.PutAsync("tasks", "b", "pending");
        }

        await using (var wrong = await server.OpenAsync(bob, path))
        {
            var events = wrong.EventsAsync();
            var refused = await Assert.ThrowsAsync<SyncException>(() => wrong.SyncNowAsync());
            Assert.Equal("OS1023", refused.Code);
            Assert.Equal((1, SyncConnection.Refused), (wrong.Status.Pending, wrong.Status.Connection));
            await wrong.DisposeAsync();
            Assert.Equal("OS1023", Assert.IsType<SyncEvent.Refused>(Assert.Single(await events.ToListAsync())).Code);
        }

        await using var others = await server.OpenAsync(bob);
        await others.SyncNowAsync();
        Assert.Equal(0, await others.Collection("tasks").CountAsync());
        await using var right = await server.OpenAsync(ada, path);
        await right.SyncNowAsync();
        Assert.Equal((2, 0), (await right.Collection("tasks").CountAsync(), right.Status.Pending));
    }

    [Fact]
    public async Task R12_A_restored_backup_goes_on_as_a_device_of_its_own_and_converges_with_the_other()
    {
        var ada = EmbeddedServer.NewUser();
        var (path, backup) = (server.PathOf("phone.db"), server.PathOf("restored.db"));
        await using (var store = await server.OpenAsync(ada, path))
        {
            await store.PutAsync("tasks", "a", "synced");
            await store.SyncNowAsync();
            await store.PutAsync("tasks", "b", "pending");
            await store.Collection("tasks").PatchAsync("a", static patch => patch.Increment("minutes", 5));
        }

        File.Copy(path, backup);
        await using var phone = await server.OpenAsync(ada, path);
        await phone.SyncNowAsync();
        await phone.SyncNowAsync();
        await using var restored = await server.OpenAsync(ada, backup);
        await restored.PutAsync("tasks", "c", "since");
        await restored.SyncNowAsync();
        await phone.SyncNowAsync();

        Assert.NotEqual(phone.DeviceId, restored.DeviceId);
        Assert.Equal(await phone.DigestAsync(), await restored.DigestAsync());
        Assert.Equal(5, (int)(await restored.Collection("tasks").FindAsync("a"))!.Fields["minutes"]!);
        Assert.Equal("since", (await phone.Collection("tasks").FindAsync("c"))!.Fields["title"]!.GetValue<string>());
        Assert.Equal("a", Assert.Single(await restored.DeadLetters.ListAsync().ToListAsync()).EntityId);
        await phone.SyncNowAsync();
    }
}
