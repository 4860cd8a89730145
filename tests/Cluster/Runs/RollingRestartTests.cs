using System.Diagnostics;
using System.Text.RegularExpressions;
using OrleansSync.Backends;
using OrleansSync.Chaos;
using OrleansSync.Chaos.Checking;
using OrleansSync.Chaos.History;
using OrleansSync.Chaos.Nemesis;
using OrleansSync.Core;

namespace OrleansSync.Cluster.Tests.Runs;

/// <summary>An upgrade of a cluster, as devices live through it.</summary>
[Collection(nameof(ChaosTests))]
public sealed partial class RollingRestartTests
{
    private const int WritesBetween = 60;
    private const int RejectedEvent = 1104;

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WritesTimeout = TimeSpan.FromMinutes(1);

    // What the library says when it has to try again, that the way is plain http, and that it has found the rows that are damaged at the end.
    private static readonly int[] RetryEvents = [1002, 1006, 1205];

    [Fact]
    public async Task I2_I10_A_rolling_restart_of_all_silos_and_gateways_under_load_costs_devices_nothing_but_retries()
    {
        using var folder = new RunFolder();
        using var output = new StringWriter();
        var exits = new List<(string Server, int Code)>();
        var options = new ChaosOptions { Store = ChaosStore.Postgres, Seconds = 60, Seed = 2026, Processes = 2, Devices = 8, Users = 2 };
        var run = new ChaosRun(options, folder.Path, new ChaosScreen(output, interactive: false))
        {
            Instead = (world, cancellationToken) => RestartAllAsync(world, exits, cancellationToken),
        };

        var result = await run.RunAsync(CancellationToken.None);

        Assert.Equal(options.Silos + options.Gateways, exits.Count);
        Assert.All(exits, static exit => Assert.Equal(0, exit.Code));
        Assert.Empty(result.Violations.Select(static violation => violation.Text));
        Assert.True(result.Operations > 5 * WritesBetween, $"only {result.Operations} operations\n{output}");
        var devices = result.Users.SelectMany(static user => user.Devices).ToArray();
        Assert.Equal(options.Devices, devices.Length);
        Assert.All(devices, OnlyRetried);
    }

    private static async Task RestartAllAsync(World world, List<(string Server, int Code)> exits, CancellationToken cancellationToken)
    {
        await WritesAsync(world, cancellationToken);
        foreach (var process in world.Servers.Processes)
        {
            using (world.TryHold([process], new Random(0)) ?? throw new BackendException($"The {process.Name} is being started."))
            {
                await process.SignalAsync("TERM");
                using var late = new CancellationTokenSource(DrainTimeout);
                exits.Add((process.Name, await process.ExitAsync(late.Token)));
                await process.StartAsync(cancellationToken);
            }

            await WritesAsync(world, cancellationToken);
        }
    }

    /// <summary>Returns when the devices have gone on writing for a while.</summary>
    private static async Task WritesAsync(World world, CancellationToken cancellationToken)
    {
        var (clock, before) = (Stopwatch.StartNew(), world.Hosts.Sum(static host => host.Writes));
        while (world.Hosts.Sum(static host => host.Writes) < before + WritesBetween)
        {
            Assert.True(clock.Elapsed < WritesTimeout, "The devices do not write.");
            await Task.Delay(50, cancellationToken);
        }
    }

    private static void OnlyRetried(DeviceRecord device)
    {
        var end = Assert.Single(device.Events.OfType<Ended>());
        // Two devices that change one payment at once, or decide at once, are the types' business, not the restart's.
        Assert.All(end.DeadLetters, static letter => Assert.True(letter.Reason is RejectionReason.Conflict or RejectionReason.PredecessorRejected or RejectionReason.TransactionRejected, $"{letter}"));
        foreach (var logged in device.Events.OfType<Logged>())
        {
            if (logged.Id == RejectedEvent && end.DeadLetters.Any(letter => logged.Message.Contains($"{letter.Operation}", StringComparison.Ordinal))) continue;

            Assert.True(logged.Level == "Warning" && RetryEvents.Contains(logged.Id), $"{device.Name}: {logged}");
            if (logged.Id == 1002) Assert.Matches(TransientCode(), logged.Message);
        }
    }

    // Cannot reach, no answer in time, unavailable, shake hands again.
    [GeneratedRegex(" OS(1003|1004|1006|1011) ", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex TransientCode();
}
