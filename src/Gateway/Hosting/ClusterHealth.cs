using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Gateway.Hosting;

/// <summary>Ready means: a silo answers, its store does, and nobody has asked this process to end.</summary>
internal sealed class ClusterHealth(IGrainFactory grains, IHostApplicationLifetime lifetime) : IHealthCheck
{
    // From the start of a scope that nobody has: there is nothing to read, but the store has to say so.
    private static readonly FeedRequest Probe = new(new DeviceId(Guid.Empty), Guid.Empty, 0, [], []);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return HealthCheckResult.Unhealthy("The gateway is draining.");
        try
        {
            var reading = grains.GetGrain<IFeedGrain>(HealthTags.ProbeScope).ReadAsync(Probe);
            var page = await reading.WaitAsync(HealthTags.Patience, cancellationToken);
            return page.Status == FeedStatus.Unavailable
                ? HealthCheckResult.Unhealthy("The silos' store does not answer.")
                : HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (Transient.Is(exception))
        {
            return HealthCheckResult.Unhealthy("No silo answers.", exception);
        }
    }
}
