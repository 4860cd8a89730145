using OrleansSync.Chaos.Devices;

namespace OrleansSync.Cluster.Tests.Runs;

/// <summary>A run's end of a device process, which several faults use at the same moment.</summary>
[Collection(nameof(ChaosTests))]
public sealed class DeviceHostTests
{
    private const int Faults = 4;
    private const int Restarts = 3;

    [Fact]
    public async Task Faults_command_a_device_process_while_another_one_kills_it_and_starts_it_over()
    {
        using var folder = new RunFolder();
        // Nobody is at its gateway.
        var gateway = new Uri("http://127.0.0.1:9");
        var place = new DevicePlace("device", "user", Path.Combine(folder.Path, "device.db"), Path.Combine(folder.Path, "device.jsonl"), gateway);
        await using var host = new DeviceHost(1, new DeviceSettings(1, 0, 50, Purges: false, [gateway], [place]), static _ => { });
        await host.StartAsync(CancellationToken.None);
        using var enough = new CancellationTokenSource();
        var commands = Enumerable.Range(0, Faults).Select(_ => Task.Run(async () =>
        {
            var sent = 0;
            for (; !enough.IsCancellationRequested; sent++) await host.ArmTwinAsync(place.Name);
            return sent;
        })).ToArray();

        var processes = new HashSet<int> { host.Id };
        for (var restart = 0; restart < Restarts; restart++)
        {
            host.Kill();
            await host.StartAsync(CancellationToken.None);
            processes.Add(host.Id);
        }

        await enough.CancelAsync();
        Assert.All(await Task.WhenAll(commands), static sent => Assert.True(sent > 0));
        Assert.Equal(1 + Restarts, processes.Count);
    }
}
