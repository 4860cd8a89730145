using System.Collections.Concurrent;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Retention;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Cluster;

/// <summary>Grains on three silos that share a store.</summary>
public sealed class ClusterTests
{
    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    [InlineData(StoreKind.Postgres)]
    public async Task Concurrent_devices_on_shared_entities_leave_exact_sums_and_no_gaps(StoreKind kind)
    {
        await using var silos = await TestSilos.StartAsync(3, kind);
        var users = new[] { "ada", "bob" };
        var sums = new ConcurrentDictionary<(string User, string Entity), long>();
        await Task.WhenAll(
            from user in users
            from number in Enumerable.Range(1, 4)
            select WriteAsync(silos, user, number, 12, sums));
        foreach (var user in users) await CheckAsync(silos, user, sums);
    }

    [Fact]
    public async Task A_silo_that_is_killed_loses_and_doubles_nothing()
    {
        await using var silos = await TestSilos.StartAsync(3, StoreKind.Memory);
        var sums = new ConcurrentDictionary<(string User, string Entity), long>();
        var users = Enumerable.Range(0, 6).Select(i => $"user{i}").ToArray();
        Task[] writers = [.. from user in users from number in Enumerable.Range(1, 2) select WriteAsync(silos, user, number, 30, sums)];
        await World.Until(() => sums.Values.Sum() > 100);
        await silos.Cluster.KillSiloAsync(silos.Cluster.Silos[1]);
        Assert.Contains(writers, writer => !writer.IsCompleted);
        await Task.WhenAll(writers).WaitAsync(TimeSpan.FromMinutes(3));
        foreach (var user in users) await CheckAsync(silos, user, sums);
    }

    [Fact]
    public async Task A_watcher_is_told_of_every_commit_and_of_a_revocation()
    {
        await using var silos = await TestSilos.StartAsync(2, StoreKind.Memory);
        var device = await silos.DeviceAsync("ada", 1);
        var other = await silos.DeviceAsync("ada", 2);
        await silos.PushAsync("ada", device.Batch(device.Create("before")));
        var watcher = new Watcher();
        var reference = silos.Cluster.Client.CreateObjectReference<IScopeObserver>(watcher);
        Assert.Equal(1, (await silos.User("ada").SubscribeAsync(reference)).Head);
        for (var i = 0; i < 5; i++) await silos.PushAsync("ada", device.Batch(device.Create($"n{i}")));
        await silos.User("ada").RevokeDeviceAsync(other.Id);
        await World.Until(() => watcher.Notices.Count == 5 && watcher.Revoked.Count == 1);

        Assert.Equal([2L, 3L, 4L, 5L, 6L], watcher.Notices.Select(notice => notice.Sequence).Order());
        Assert.Equal("n0", Assert.Single(watcher.Notices.Single(notice => notice.Sequence == 2).Rows).Key.Id);
        Assert.Equal(other.Id, Assert.Single(watcher.Revoked));
        await silos.User("ada").UnsubscribeAsync(reference);
        await silos.PushAsync("ada", device.Batch(device.Create("after")));
        Assert.Equal(5, watcher.Notices.Count);
        GC.KeepAlive(watcher);
    }

    [Theory]
    [InlineData(StoreKind.Sqlite)]
    [InlineData(StoreKind.Postgres)]
    public async Task R23_The_clusters_reminder_has_old_tombstones_removed_and_devices_write_on(StoreKind kind)
    {
        var retention = new RetentionOptions { Tombstones = TimeSpan.FromSeconds(1), Every = TimeSpan.FromSeconds(1) };
        await using var silos = await TestSilos.StartAsync(2, kind, retention: retention);
        var device = await silos.DeviceAsync("ada", 1);
        await silos.PushAsync("ada", device.Batch(device.Create("a"), device.Create("b")));
        await silos.PushAsync("ada", device.Batch(device.Delete("a")));
        await World.Until(() => silos.Store.ReadScopeAsync(ScopeId.ForUser("ada"), default).GetAwaiter().GetResult()!.Horizon == 2);

        Assert.Equal(OutcomeKind.Applied, Assert.Single(await silos.PushAsync("ada", device.Batch(device.Set("b", "title", "1")))).Kind);
        Assert.Equal(OutcomeKind.Applied, Assert.Single(await silos.PushAsync("ada", device.Batch(device.Create("a")))).Kind);
        Assert.Equal(0, (await silos.Cluster.Client.GetGrain<IPurgeGrain>(0).RunAsync()).TombstonesLeft);
    }

    [Fact]
    public async Task I9_A_renewal_tells_whom_another_owner_of_the_scope_has_revoked()
    {
        await using var silos = await TestSilos.StartAsync(1, StoreKind.Memory);
        var (device, other) = (await silos.DeviceAsync("ada", 1), await silos.DeviceAsync("ada", 2));
        await silos.PushAsync("ada", device.Batch(device.Create("n1")));
        var (watcher, scope) = (new Watcher(), ScopeId.ForUser("ada"));
        var reference = silos.Cluster.Client.CreateObjectReference<IScopeObserver>(watcher);
        Assert.Empty((await silos.User("ada").RenewAsync(reference, [])).Revoked);

        Assert.True(await silos.Store.RevokeDeviceAsync(scope, other.Id, default));

        var renewal = await silos.User("ada").RenewAsync(reference, []);
        Assert.Equal((1, other.Id), (renewal.Head, Assert.Single(renewal.Revoked)));
        Assert.Equal((await silos.User("ada").SubscribeAsync(reference)).Activation, renewal.Activation);
        Assert.Equal(other.Id, Assert.Single((await silos.User("ada").RenewAsync(reference, [])).Revoked));
        await silos.PushAsync("ada", device.Batch(device.Create("n2")));
        await World.Until(() => watcher.Notices.Count == 1);
        GC.KeepAlive(watcher);
    }

    [Fact]
    public async Task Sessions_devices_and_revocation_work_through_the_grains()
    {
        await using var silos = await TestSilos.StartAsync(1, StoreKind.Memory);
        var user = silos.User("ada");
        var id = new TestDevice(1).Id;
        var (watcher, connected) = (new Watcher(), Guid.Empty);
        var reference = silos.Cluster.Client.CreateObjectReference<IScopeObserver>(watcher);
        var first = await user.OpenSessionAsync(new(id, [], 0, new("phone", "android", "1.2"), new(3, 60, 1)));
        var second = await user.OpenSessionAsync(new(id, first.Token, 0, new("phone", "android", "1.3"), new(0, 0, 0)));
        Assert.Equal(SessionStatus.Valid, await ConnectAsync(second));
        Assert.Equal(SessionStatus.Cloned, await ConnectAsync(first));
        Assert.Equal(connected, (await user.SubscribeAsync(reference)).Activation);

        var device = Assert.Single(await user.ListDevicesAsync());
        Assert.Equal(
            (id, new DeviceProfile("phone", "android", "1.3"), DeviceStatus.Empty, false),
            (device.Device, device.Profile, device.Status, device.Revoked));
        Assert.True(device.LastSeenAt >= device.RegisteredAt);
        Assert.False(await user.RevokeDeviceAsync(new TestDevice(2).Id));
        Assert.True(await user.RevokeDeviceAsync(id));
        await World.Until(() => watcher.Revoked.Count == 1);
        Assert.Equal(SessionStatus.Revoked, await ConnectAsync(second));
        Assert.Equal(PushStatus.DeviceRefused, (await user.PushAsync(new TestDevice(1).Batch(new TestDevice(1).Create("one")))).Status);
        Assert.True(Assert.Single(await user.ListDevicesAsync()).Revoked);
        GC.KeepAlive(watcher);

        async Task<SessionStatus> ConnectAsync(SessionReply session)
        {
            var reply = await user.ConnectAsync(reference, id, session.Token);
            connected = reply.Activation;
            return reply.Status;
        }
    }

    [Fact]
    public async Task I9_Users_do_not_see_each_others_entities()
    {
        await using var silos = await TestSilos.StartAsync(1, StoreKind.Memory);
        var ada = await silos.DeviceAsync("ada", 1);
        var bob = await silos.DeviceAsync("bob", 1);
        await silos.PushAsync("ada", ada.Batch(ada.Create("shared", value: "\"of ada\"")));
        await silos.PushAsync("bob", bob.Batch(bob.Create("shared", value: "\"of bob\"")));
        foreach (var user in new[] { "ada", "bob" })
        {
            var page = await silos.Feed(user).ReadAsync(new(ada.Id, Guid.Empty, 0, [], []));
            Assert.Equal($"\"of {user}\"", Assert.IsType<PlainField>(Assert.Single(Assert.Single(page.Rows).Fields)).Value.ToString());
        }
    }

    [Fact]
    public async Task A_store_that_is_away_is_an_exception_that_callers_can_tell()
    {
        await using var silos = await TestSilos.StartAsync(1, StoreKind.Memory, static store => new FaultyStore(store) { IsDown = true });
        await Assert.ThrowsAsync<StoreUnavailableException>(() => silos.User("ada").ListDevicesAsync());
    }

    private static async Task WriteAsync(
        TestSilos silos, string user, int number, int batches, ConcurrentDictionary<(string, string), long> sums)
    {
        var device = await silos.DeviceAsync(user, number);
        for (var i = 0; i < batches; i++)
        {
            var shared = $"e{i % 5}";
            // Each creates what it counts on; the creates of the others merge with it. Then a transaction over two entities.
            Operation[] single = [device.Create(shared), device.Increment(shared, "minutes", i + 1)];
            var transaction = TestDevice.Transaction(
                device.Create("total"), device.Increment("total", "minutes", 1), device.Increment(shared, "minutes", 1));
            var outcomes = await silos.PushAsync(user, device.Batch([.. single, .. transaction]));
            Assert.All(outcomes, outcome => Assert.Equal(RejectionReason.None, outcome.Reason));
            sums.AddOrUpdate((user, shared), i + 2, (_, sum) => sum + i + 2);
            sums.AddOrUpdate((user, "total"), 1, static (_, sum) => sum + 1);
        }
    }

    private static async Task CheckAsync(
        TestSilos silos, string user, ConcurrentDictionary<(string User, string Entity), long> sums)
    {
        var feed = silos.Feed(user);
        var page = await feed.ReadAsync(new(new TestDevice(1).Id, Guid.Empty, 0, [], []));
        Assert.True(page.Complete);
        foreach (var ((_, entity), sum) in sums.Where(pair => pair.Key.User == user))
        {
            var row = page.Rows.Single(row => row.Key.Id == entity);
            Assert.Equal(sum, row.Fields.OfType<CounterField>().Single().Value);
        }

        var digest = Assert.Single(page.Digests);
        Assert.Equal((Digest.OfRows(page.Rows), page.Rows.Length), (digest.Digest, (int)digest.Rows));
        // Every commit holds journal rows, so the devices' outcomes show whether a sequence is missing.
        var sequences = new SortedSet<long>();
        foreach (var device in await silos.Store.ListDevicesAsync(ScopeId.ForUser(user), CancellationToken.None))
        {
            var own = await feed.ReadAsync(new(device.Device, Guid.Empty, 0, [], []));
            sequences.UnionWith(own.Outcomes.Select(static outcome => outcome.Sequence));
        }

        Assert.Equal(Enumerable.Range(1, (int)page.Head).Select(static i => (long)i), sequences);
    }
}
