using System.Diagnostics;
using OrleansSync.Backends;

namespace OrleansSync.Chaos.Nemesis;

/// <summary>Starts servers as whatever supervises them in production does: again and again.</summary>
internal static class ServerStart
{
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns when it is ready, at once where it runs.</summary>
    /// <exception cref="BackendException">It does not start; its output is in the message.</exception>
    public static async Task EnsureRunningAsync(BackendProcess process)
    {
        var clock = Stopwatch.StartNew();
        while (!process.IsRunning)
        {
            try
            {
                await process.StartAsync(CancellationToken.None);
            }
            catch (BackendException) when (clock.Elapsed < GiveUpAfter)
            {
                // The database may be away, which ends a server that starts.
                process.Kill();
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>Starts what has ended by itself, as a silo does that the others declared dead, until it is told to stop.</summary>
    public static async Task SuperviseAsync(World world, CancellationToken stop)
    {
        var random = new Random(0);
        while (!stop.IsCancellationRequested)
        {
            await FaultTime.LastAsync(Pause, stop);
            using var held = world.TryHold(world.Servers.Processes.Where(static process => !process.IsRunning), random);
            if (held is not null) await EnsureRunningAsync(held.Target);
        }
    }
}
