namespace OrleansSync.Silo.Hosting;

/// <summary>Lets Kestrel listen where the settings say, instead of where its own configuration does.</summary>
internal static class Listening
{
    public static void Add(IHostApplicationBuilder host, BoundPorts ports)
    {
        host.Services.AddSingleton(ports);
        host.Services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(ports.Listen);
    }
}
