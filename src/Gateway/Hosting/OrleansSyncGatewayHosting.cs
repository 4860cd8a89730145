using Grpc.AspNetCore.HealthChecks;
using OrleansSync.Core;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Hosting;
using OrleansSync.Gateway.Reconcile;
using OrleansSync.Gateway.Services;
using OrleansSync.Gateway.Watch;
using OrleansSync.Protocol.V1;
using OrleansSync.Silo.Configuration;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Hosting;

/// <summary>Adds what devices talk to to a web application.</summary>
public static class OrleansSyncGatewayHosting
{
    /// <summary>
    /// Adds the embedded server (a silo and the gRPC gateway in this process), in mode Gateway the gateway of a cluster, or in mode Node
    /// a silo and a gateway of one. Reads the section <c>OrleansSync</c> of the configuration too, which wins over code. Then call
    /// <c>MapOrleansSync</c> on the application.
    /// </summary>
    /// <exception cref="OrleansSyncConfigurationException">The configuration cannot be served; the message lists every fault.</exception>
    public static WebApplicationBuilder AddOrleansSync(this WebApplicationBuilder builder, Action<OrleansSyncBuilder>? configure = null)
    {
        var faults = new Faults();
        var settings = ServerSettings.Read(builder, configure, [ServerMode.Embedded, ServerMode.Gateway, ServerMode.Node], faults);
        if (settings.Mode != ServerMode.Gateway) SiloHosting.Add(builder, settings, faults);
        faults.ThrowIfAny();
        if (settings is { Mode: ServerMode.Gateway, Storage: StorageSettings.Postgres database })
            ClusterClient.Add(builder, settings, database.ConnectionString);
        if (settings.Mode == ServerMode.Node) builder.Services.AddHostedService<SilosLeaving>();
        AddGateway(builder.Services, settings);
        if (settings.Ports is { } wanted) Listening.Add(builder, new BoundPorts(wanted, servesGrpc: true));
        return builder;
    }

    private static void AddGateway(IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton(settings);
        services.AddMetrics();
        services.AddSingleton<WatchMetrics>();
        services.AddSingleton<WatchHub>();
        services.AddHostedService<StreamDrain>();
        services.AddSingleton<FeedReader>();
        services.AddSingleton<Pages>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<Handshakes>();
        services.AddSingleton<StatusReports>();
        services.AddSingleton<CallGate>();
        services.AddSingleton<OperatorGate>();
        // Without it gRPC makes one a call.
        services.AddSingleton<SyncService>();
        services.AddSingleton<DevicesService>();
        services.AddSingleton<AdminService>();
        services.AddUserAuthentication(settings);
        services.AddGrpc(static grpc => grpc.MaxReceiveMessageSize = MessageSizes.MaxReceive)
            .AddServiceOptions<SyncService>(static service => service.Interceptors.Add<CallGate>())
            .AddServiceOptions<DevicesService>(static service => service.Interceptors.Add<CallGate>())
            .AddServiceOptions<AdminService>(static service =>
            {
                service.Interceptors.Add<CallGate>();
                service.Interceptors.Add<OperatorGate>();
            });
        services.AddGrpcWeb(settings.Origins);
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks();
        services.Configure<GrpcHealthChecksOptions>(static health =>
        {
            health.Services.Map(Sync.Descriptor.FullName, static _ => true);
            health.Services.Map(Devices.Descriptor.FullName, static _ => true);
            health.Services.Map(Admin.Descriptor.FullName, static _ => true);
        });
    }
}
