using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Grains.Retention;

/// <summary>As a silo starts: sees to it that the cluster's reminder is there.</summary>
public sealed class PurgeSchedule(IGrainFactory grains, GrainSettings settings, ILogger<PurgeSchedule> logger) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await TryScheduleAsync()) await Task.Delay(Again, settings.Time, stoppingToken);
    }

    private async Task<bool> TryScheduleAsync()
    {
        try
        {
            await grains.GetGrain<IPurgeGrain>(0).ScheduleAsync();
            return true;
        }
#pragma warning disable CA1031 // Of a cluster that just forms, anything: a silo that serves need not wait for it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.PurgeNotScheduled(exception);
            return false;
        }
    }
}
