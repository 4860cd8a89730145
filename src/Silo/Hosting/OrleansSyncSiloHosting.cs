using OrleansSync.Silo.Configuration;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Hosting;

/// <summary>Adds an OrleansSync silo to a host.</summary>
public static class OrleansSyncSiloHosting
{
    /// <summary>
    /// Adds a silo of a cluster on PostgreSQL. Reads the section <c>OrleansSync</c> of the configuration too, which wins over
    /// code. In a web application, map its health with <c>MapOrleansSyncHealth</c>.
    /// </summary>
    /// <exception cref="OrleansSyncConfigurationException">The configuration cannot be served; the message lists every fault.</exception>
    public static IHostApplicationBuilder AddOrleansSync(this IHostApplicationBuilder host, Action<OrleansSyncBuilder>? configure = null)
    {
        var faults = new Faults();
        var settings = ServerSettings.Read(host, configure, [ServerMode.Silo], faults);
        // Where the storage is faulty, composing on it would only repeat that.
        SiloHosting.Add(host, settings, faults);
        faults.ThrowIfAny();
        host.Services.AddSingleton(settings);
        if (settings.Ports is { } wanted) Listening.Add(host, new BoundPorts(wanted, servesGrpc: false));
        return host;
    }
}
