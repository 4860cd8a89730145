using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Hosting;

/// <summary>Maps the health of a server.</summary>
public static class OrleansSyncHealthEndpoints
{
    /// <summary>
    /// Maps, over HTTP/1.1, <c>/health/live</c> (the process answers) and <c>/health/ready</c> (send callers here: joined, the
    /// store answers, not draining).
    /// </summary>
    public static void MapOrleansSyncHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = static _ => false });
        endpoints.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            Predicate = static check => check.Tags.Contains(HealthTags.Ready),
        });
    }
}
