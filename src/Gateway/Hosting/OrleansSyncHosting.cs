using Grpc.AspNetCore.HealthChecks;
using Orleans.Configuration;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Configuration;
using OrleansSync.Gateway.Hosting;
using OrleansSync.Gateway.Services;
using OrleansSync.Gateway.Watch;
using OrleansSync.Protocol.V1;
using OrleansSync.Silo;

namespace OrleansSync.Gateway;

/// <summary>Adds an OrleansSync server to a web application.</summary>
public static class OrleansSyncHosting
{
    /// <summary>
    /// Adds the embedded server: a silo and the gRPC gateway in this process. Reads the section <c>OrleansSync</c> of the
    /// configuration too, which wins over code. Then call <c>MapOrleansSync</c> on the application.
    /// </summary>
    /// <exception cref="OrleansSyncConfigurationException">The configuration cannot be served; the message lists every fault.</exception>
    public static WebApplicationBuilder AddOrleansSync(this WebApplicationBuilder builder, Action<OrleansSyncBuilder>? configure = null)
    {
        var faults = new Faults();
        var sync = new OrleansSyncBuilder();
        configure?.Invoke(sync);
        new ConfigurationReader(sync, faults).Read(builder.Configuration.GetSection(ConfigurationReader.Section));
        var settings = ServerSettings.From(sync, builder.Environment, faults);

        AddSilo(builder, settings, faults);
        faults.ThrowIfAny();
        AddGateway(builder.Services, settings);
        if (settings.Ports is { } wanted)
        {
            var ports = new BoundPorts(wanted);
            builder.Services.AddSingleton(ports);
            builder.WebHost.ConfigureKestrel(ports.Listen);
        }

        return builder;
    }

    private static void AddSilo(WebApplicationBuilder builder, ServerSettings settings, Faults faults) => builder.UseOrleans(silo =>
    {
        // One silo, known to nobody: clustering stays in this process. The advertised port is only a part of the silo's name,
        // so that many embedded servers run beside each other; what is listened on is whatever port is free.
        silo.UseLocalhostClustering();
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.SiloListeningEndpoint = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0);
            endpoints.GatewayPort = 0;
        });
        try
        {
            silo.AddOrleansSyncSilo(new SyncSiloOptions
            {
                Storage = SiloStorage.Sqlite(settings.DataFolder),
                Schema = settings.Schema,
                Limits = settings.Limits,
            });
        }
        catch (SyncSiloOptionsException exception)
        {
            faults.AddRange(exception.Faults);
        }
    });

    private static void AddGateway(IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<WatchHub>();
        services.AddHostedService<StreamDrain>();
        services.AddSingleton<FeedReader>();
        services.AddSingleton<Pages>();
        services.AddSingleton<Handshakes>();
        services.AddSingleton<StatusReports>();
        services.AddSingleton<CallGate>();
        services.AddUserAuthentication(settings);
        services.AddGrpc(static grpc => grpc.MaxReceiveMessageSize = MessageSizes.MaxReceive)
            .AddServiceOptions<SyncService>(static service => service.Interceptors.Add<CallGate>())
            .AddServiceOptions<DevicesService>(static service => service.Interceptors.Add<CallGate>());
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks().AddCheck<StoreHealth>("store", tags: [StoreHealth.Ready]);
        services.Configure<GrpcHealthChecksOptions>(static health =>
        {
            health.Services.Map(Sync.Descriptor.FullName, static _ => true);
            health.Services.Map(Devices.Descriptor.FullName, static _ => true);
        });
    }
}
