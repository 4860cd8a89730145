using System.Diagnostics;
using OrleansSync.Client;

namespace OrleansSync.EndToEnd.Tests.Kills;

/// <summary>The child process: does the work of a device, tells each fault point on its output, and kills itself at one of them.</summary>
internal static class KilledDevice
{
    private static readonly Lock Gate = new();

    /// <param name="work">What it does.</param>
    /// <param name="killedAt">The number of the point, from 1; 0: none.</param>
    public static Task RunAsync(DeviceWork work, int killedAt)
    {
        var passed = 0;
        FaultPoints.Passed = point =>
        {
            // The writer's thread and those that sync pass points at the same time.
            lock (Gate)
            {
                Console.WriteLine(point);
                if (++passed == killedAt) Kill();
            }
        };
        return work.RunAsync();
    }

    /// <summary>As a power cut would: no finally, no flush.</summary>
    private static void Kill()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
        throw new UnreachableException();
    }
}
