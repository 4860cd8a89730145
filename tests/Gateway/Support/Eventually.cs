using System.Diagnostics;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>Waits for what another process does by itself; there is nobody to be told by.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>How long it took.</summary>
    public static async Task<TimeSpan> IsAsync(Func<Task<bool>> condition, TimeSpan patience, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < patience, $"It did not come about within {patience.TotalSeconds:0} s that {what}.");
            await Task.Delay(Pause);
        }

        return clock.Elapsed;
    }
}
