using System.Text.RegularExpressions;
using OrleansSync.Backends;
using OrleansSync.Chaos;

namespace OrleansSync.Cluster.Tests.Servers;

public sealed class BackendProcessTests
{
    private const int Starts = 10;

    /// <summary>The supervisor of a chaos run asks all servers whether they run, while faults start and kill them.</summary>
    [Fact]
    public async Task Whether_it_runs_can_be_asked_while_it_is_started()
    {
        await using var process = new BackendProcess(new BackendStart
        {
            Name = "program that prints its help",
            Assembly = typeof(ChaosCommand).Assembly.Location,
            Arguments = ["--help"],
            Ready = new Regex("Usage:", RegexOptions.None, TimeSpan.FromSeconds(1)),
        });
        using var done = new CancellationTokenSource();
        var seen = 0L;
        var asking = Task.Factory.StartNew(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    if (process.IsRunning) seen++;
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        for (var start = 0; start < Starts && !asking.IsFaulted; start++)
        {
            await process.StartAsync(CancellationToken.None);
            Assert.Equal(0, await process.ExitAsync(CancellationToken.None));
        }

        await done.CancelAsync();
        await asking;
        Assert.True(seen > 0);
        Assert.False(process.IsRunning);
    }
}
