using System.Diagnostics;
using OrleansSync.Client;

namespace OrleansSync.Samples.GitReplay.Replaying;

/// <summary>Syncs a device, and tries again for a while when the backend is away.</summary>
internal sealed class PatientSync
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private int _interrupted;

    /// <summary>Syncs that the backend's absence cut short.</summary>
    public int Interrupted => _interrupted;

    /// <exception cref="SyncException">The fault is not a passing one, or has not passed in two minutes.</exception>
    public async Task SyncAsync(ReplayDevice device, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await device.Store.SyncNowAsync(cancellationToken);
                return;
            }
            catch (SyncException fault) when (fault.IsTransient && clock.Elapsed < Patience)
            {
                if (pause == FirstPause) Interlocked.Increment(ref _interrupted);
                await Task.Delay(fault.RetryAfter ?? pause, cancellationToken);
            }
        }
    }
}
