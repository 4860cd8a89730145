using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using OrleansSync.Gateway.Hosting;
using OrleansSync.Gateway.Services;

namespace OrleansSync.Gateway;

/// <summary>Maps what an OrleansSync server answers.</summary>
public static class OrleansSyncEndpoints
{
    /// <summary>
    /// Maps the gRPC services, with gRPC's own health and reflection beside them. What is added to the returned builder
    /// (such as <c>RequireAuthorization</c>) holds for the services of devices.
    /// </summary>
    public static IEndpointConventionBuilder MapOrleansSync(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcHealthChecksService();
        endpoints.MapGrpcReflectionService();
        return new ConventionBuilders([endpoints.MapGrpcService<SyncService>(), endpoints.MapGrpcService<DevicesService>()]);
    }

    /// <summary>Maps <c>/health/live</c> (the process answers) and <c>/health/ready</c> (the store does too), over HTTP/1.1.</summary>
    public static void MapOrleansSyncHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = static _ => false });
        endpoints.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            Predicate = static check => check.Tags.Contains(StoreHealth.Ready),
        });
    }

    private sealed class ConventionBuilders(IReadOnlyList<IEndpointConventionBuilder> builders) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            foreach (var builder in builders) builder.Add(convention);
        }

        public void Finally(Action<EndpointBuilder> finallyConvention)
        {
            foreach (var builder in builders) builder.Finally(finallyConvention);
        }
    }
}
