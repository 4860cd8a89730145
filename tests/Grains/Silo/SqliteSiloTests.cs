using Microsoft.Data.Sqlite;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Devices;
using OrleansSync.Grains.Tests.Cluster;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Silo;

namespace OrleansSync.Grains.Tests.Silo;

/// <summary>A silo on its own SQLite files, as it runs in production.</summary>
public sealed class SqliteSiloTests : GrainStorageTests, IDisposable
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
            // The handshake does not wait for the report; who asks for it does.
            await AssertReportedAsync(silos);
        }

        await using (var silos = await StartAsync())
        {
            var listener = silos.Cluster.Client.CreateObjectReference<IScopeObserver>(new Watcher());
            Assert.Equal(SessionStatus.Valid, (await silos.User("ada").ConnectAsync(listener, device.Id, session.Token)).Status);
            Assert.Equal(first, await silos.PushAsync("ada", device.Batch(operation)));
            await AssertReportedAsync(silos);
        }
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

    protected override string Table => "grain_states";

    private protected override Task<TestSilos> StartAsync() => TestSilos.StartAsync(SiloStorage.Sqlite(Path.Combine(_folder, "data")));

    protected override Task<object?> ScalarAsync(string sql) => Task.FromResult(Scalar(sql));

    private static async Task AssertReportedAsync(TestSilos silos)
    {
        var known = Assert.Single(await silos.User("ada").ListDevicesAsync());
        Assert.Equal((new DeviceProfile("phone", "android", "1.2"), new DeviceStatus(3, 60, 1)), (known.Profile, known.Status));
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
