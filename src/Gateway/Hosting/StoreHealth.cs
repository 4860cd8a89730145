using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Gateway.Hosting;

/// <summary>Ready means that the store answers. No scope of a user has this name.</summary>
internal sealed class StoreHealth(ISyncStore store) : IHealthCheck
{
    public const string Ready = "ready";

    private static readonly ScopeId Probe = new("health");

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.ReadScopeAsync(Probe, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (StoreUnavailableException exception)
        {
            return HealthCheckResult.Unhealthy("The store does not answer.", exception);
        }
    }
}
