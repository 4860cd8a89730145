using OrleansSync.Gateway.Services;

namespace OrleansSync.Hosting;

/// <summary>Maps what an OrleansSync server answers.</summary>
public static class OrleansSyncEndpoints
{
    /// <summary>
    /// Maps the gRPC services, with gRPC's own health and reflection beside them. What is added to the returned builder
    /// (such as <c>RequireAuthorization</c>) holds for the services of devices and of operators.
    /// </summary>
    public static IEndpointConventionBuilder MapOrleansSync(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcHealthChecksService();
        endpoints.MapGrpcReflectionService();
        return new ConventionBuilders([endpoints.MapGrpcService<SyncService>(), endpoints.MapGrpcService<DevicesService>(), endpoints.MapGrpcService<AdminService>()]);
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
