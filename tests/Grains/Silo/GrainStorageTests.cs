using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Devices;
using OrleansSync.Grains.Tests.Cluster;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Silo;

/// <summary>What grain storage has to keep to on every engine, with the queries that we give Orleans for it.</summary>
public abstract class GrainStorageTests
{
    protected abstract string Table { get; }

    [Fact]
    public async Task Sixteen_first_writes_at_once_leave_one_row_a_key()
    {
        await using var silos = await StartAsync();
        var storage = silos.Services.GetRequiredKeyedService<IGrainStorage>(GrainSettings.StorageName);
        var written = await Task.WhenAll(
            from key in Enumerable.Range(0, 20)
            from writer in Enumerable.Range(0, 16)
            select Task.Run(() => TryWriteAsync(storage, key, writer)));

        Assert.Equal(20, written.Count(static won => won));
        Assert.Equal(20L, await ScalarAsync($"SELECT count(*) FROM {Table}"));
        Assert.Equal(20L, await ScalarAsync($"SELECT count(*) FROM {Table} WHERE version = 1"));
    }

    [Fact]
    public async Task A_state_changes_only_from_the_version_it_was_read_at()
    {
        await using var silos = await StartAsync();
        var storage = silos.Services.GetRequiredKeyedService<IGrainStorage>(GrainSettings.StorageName);
        var id = DeviceGrain(7);
        var state = new GrainState<DeviceState>(new() { Name = "first" });
        await storage.WriteStateAsync("orleanssync.device", id, state);
        var other = new GrainState<DeviceState>();
        await storage.ReadStateAsync("orleanssync.device", id, other);
        Assert.Equal("first", other.State!.Name);
        other.State!.Name = "second";
        await storage.WriteStateAsync("orleanssync.device", id, other);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("orleanssync.device", id, state));
        await storage.ReadStateAsync("orleanssync.device", id, state);
        Assert.Equal("second", state.State!.Name);
        await storage.ClearStateAsync("orleanssync.device", id, state);
        await storage.ReadStateAsync("orleanssync.device", id, other);
        Assert.False(other.RecordExists);
        await ScalarAsync($"DELETE FROM {Table}");
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("orleanssync.device", id, other));
    }

    [Fact]
    public async Task Keys_that_look_like_numbers_or_differ_in_case_have_rows_of_their_own()
    {
        await using var silos = await StartAsync();
        foreach (var user in new[] { "a", "0a", "A", "a/b" })
        {
            var device = silos.Cluster.Client.GetGrain<IDeviceGrain>(DeviceGrainKey.Of(user, new TestDevice(1).Id));
            await device.ReportAsync(new(user, "", ""), DeviceStatus.Empty, 1);
        }

        Assert.Equal(4L, await ScalarAsync($"SELECT count(*) FROM {Table}"));
    }

    private protected abstract Task<TestSilos> StartAsync();

    protected abstract Task<object?> ScalarAsync(string sql);

    private static GrainId DeviceGrain(int key) => GrainId.Create("orleanssync.device", DeviceGrainKey.Of("ada", new TestDevice(key).Id));

    private static async Task<bool> TryWriteAsync(IGrainStorage storage, int key, int writer)
    {
        try
        {
            var state = new GrainState<DeviceState>(new() { Name = $"{writer}" });
            await storage.WriteStateAsync("orleanssync.device", DeviceGrain(key), state);
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }
}
