namespace OrleansSync.Gateway.Hosting;

/// <summary>
/// gRPC-Web, for pages and for networks that let no HTTP/2 through. It needs a place in front of the application's routes,
/// which a startup filter has; so whoever hosts the gateway need not think of it.
/// </summary>
internal static class BrowserCalls
{
    private const string Policy = "OrleansSyncOrigins";

    // What a page must be allowed to read for a status to be one.
    private static readonly string[] Exposed =
        ["grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding", "grpc-accept-encoding"];

    private static readonly TimeSpan PreflightAge = TimeSpan.FromHours(1);

    public static void AddGrpcWeb(this IServiceCollection services, IReadOnlyList<string> origins)
    {
        // Without cookies there is nothing that a foreign page could make use of by itself; the token is in a header.
        services.AddCors(cors => cors.AddPolicy(Policy, policy => policy
            .WithOrigins([.. origins])
            .WithMethods("POST")
            .AllowAnyHeader()
            .WithExposedHeaders(Exposed)
            .SetPreflightMaxAge(PreflightAge)));
        services.AddSingleton<IStartupFilter>(new Filter(origins.Count > 0));
    }

    private sealed class Filter(bool hasOrigins) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
        {
            if (hasOrigins) application.UseCors(Policy);
            application.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
            next(application);
        };
    }
}
