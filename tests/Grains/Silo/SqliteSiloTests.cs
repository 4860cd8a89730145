using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Devices;
using OrleansSync.Grains.Tests.Cluster;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Silo;

namespace OrleansSync.Grains.Tests.Silo;

/// <summary>A silo on its own SQLite files, as it runs in production.</summary>
public sealed class SqliteSiloTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleanssync-").FullName;

    private string GrainsFile => Path.Combine(_folder, "data", "grains.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        SessionReply session;
        var device = new TestDevice(1);
        var operation = device.Create("one");
        Outcome[] first;
        await using (var silos = await StartAsync())
        {
            session = await silos.User("ada").OpenSessionAsync(new(device.Id, [], 0, new("phone", "android", "1.2"), new(3, 60, 1)));
            first = await silos.PushAsync("ada", device.Batch(operation));
        }

        await using (var silos = await StartAsync())
        {
            Assert.Equal(SessionStatus.Valid, await silos.User("ada").VerifySessionAsync(device.Id, session.Token));
            Assert.Equal(first, await silos.PushAsync("ada", device.Batch(operation)));
            var known = Assert.Single(await silos.User("ada").ListDevicesAsync());
            Assert.Equal((new DeviceProfile("phone", "android", "1.2"), new DeviceStatus(3, 60, 1)), (known.Profile, known.Status));
        }
    }

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
        Assert.Equal(20L, Scalar("SELECT count(*) FROM grain_states"));
        Assert.Equal(20L, Scalar("SELECT count(*) FROM grain_states WHERE version = 1"));
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
        Execute("DELETE FROM grain_states");
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

        Assert.Equal(4L, Scalar("SELECT count(*) FROM grain_states"));
    }

    [Fact]
    public async Task A_file_of_a_later_version_is_refused_with_the_remedy()
    {
        await using (await StartAsync())
        {
            Execute("PRAGMA user_version = 99");
        }

        var fault = await Assert.ThrowsAnyAsync<Exception>(StartAsync);
        Assert.Contains("has schema 99", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stored_device_state_keeps_its_bytes()
    {
        var serializer = new DeviceStateSerializer();
        var state = new DeviceState { Name = "phone", Platform = "android", AppVersion = "1.2", QueueDepth = 3, LastSeenAt = 5 };
        var bytes = serializer.Serialize(state).ToArray();

        Assert.Equal(1, bytes[0]);
        Assert.Equal(
            """{"name":"phone","platform":"android","appVersion":"1.2","queueDepth":3,"oldestPendingSeconds":0,"deadLetters":0,"""
            + "\"lastSeenAt\":5}",
            System.Text.Encoding.UTF8.GetString(bytes.AsSpan(1)));
        Assert.Equal(5, serializer.Deserialize<DeviceState>(new BinaryData(bytes)).LastSeenAt);
        bytes[0] = 2;
        Assert.Throws<FormatException>(() => serializer.Deserialize<DeviceState>(new BinaryData(bytes)));
    }

    private Task<TestSilos> StartAsync() => TestSilos.StartAsync(SiloStorage.Sqlite(Path.Combine(_folder, "data")));

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

    private object? Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={GrainsFile};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private void Execute(string sql) => Scalar(sql);
}
