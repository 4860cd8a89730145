using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Silo.Hosting;

/// <summary>Ready means: a member of the cluster, the store answers, and nobody has asked the process to end.</summary>
internal sealed class SiloHealth(ISyncStore store, ISiloStatusOracle membership, IHostApplicationLifetime lifetime) : IHealthCheck
{
    // No scope of a user has this name.
    private static readonly ScopeId Probe = new(HealthTags.ProbeScope);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return HealthCheckResult.Unhealthy("The server is draining.");
        if (membership.CurrentStatus != SiloStatus.Active) return HealthCheckResult.Unhealthy($"The silo is {membership.CurrentStatus}.");
        try
        {
            await store.ReadScopeAsync(Probe, cancellationToken).WaitAsync(HealthTags.Patience, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is StoreUnavailableException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("The store does not answer.", exception);
        }
    }
}

/// <summary>What the checks of silos and gateways have in common.</summary>
internal static class HealthTags
{
    /// <summary>The checks that stand behind <c>/health/ready</c>.</summary>
    public const string Ready = "ready";

    /// <summary>A scope that nobody has: reading it asks the store, and finds nothing.</summary>
    public const string ProbeScope = "health";

    /// <summary>Whoever asks gives up after a few seconds; a store that takes that long is no store to send callers to.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
}
