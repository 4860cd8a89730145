using OrleansSync.Backends;
using OrleansSync.Gateway.Tests.Support;
using Xunit.Abstractions;

namespace OrleansSync.Gateway.Tests.Processes;

/// <summary>What becomes of users who write while a process with a silo in it ends: the same where the gateway is in it too.</summary>
public sealed class Failures(ClusterFixture fixture, ITestOutputHelper output)
{
    private const int Dead = 6;

    public const int Users = 24;

    public static readonly TimeSpan PauseLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DetectionLimit = TimeSpan.FromSeconds(5);

    // Nobody is promised how long it takes to tell a silo that stands still from one that is only busy.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until the cluster has agreed that a silo is dead.</summary>
    public Task<TimeSpan> NoticedAsync(int silo) => Eventually.IsAsync(
        async () => await fixture.StatusOfAsync(silo) == Dead, Patience, "the silo that was ended is known to be dead");

    public async Task SurviveKillAsync(BackendProcess process, int silo)
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        traffic.TakeLongestPause();

        process.Kill();

        var noticed = await NoticedAsync(silo);
        await traffic.GoesOnAsync();
        var pause = Tell(traffic, $"noticed after {noticed.TotalSeconds:0.00} s; ");
        await fixture.HealAsync();
        await traffic.CheckAsync();
        Assert.True(noticed <= DetectionLimit, $"It took {noticed} to notice.");
        Assert.True(pause <= PauseLimit, $"A user's writes paused for {pause}.");
    }

    public async Task SurviveEndAsync(IReadOnlyList<BackendProcess> processes)
    {
        await using var traffic = await Traffic.StartAsync(fixture.Gateways, Users);
        traffic.TakeLongestPause();
        foreach (var process in processes)
        {
            await process.SignalAsync("TERM");
            Assert.Equal(0, await process.ExitAsync(CancellationToken.None));
            await traffic.GoesOnAsync();
            await fixture.HealAsync();
        }

        Tell(traffic, "");
        await traffic.CheckAsync();
    }

    /// <summary>Puts the longest pause into the test's output.</summary>
    public TimeSpan Tell(Traffic traffic, string before)
    {
        var pause = traffic.TakeLongestPause();
        output.WriteLine($"{before}longest pause of {Users} users {pause.TotalSeconds:0.00} s; {traffic.Refusals.Count} retries");
        return pause;
    }
}
