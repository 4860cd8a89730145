using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OrleansSync.Client;
using OrleansSync.Client.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a device's store to a host.</summary>
public static class SyncClientServices
{
    /// <summary>
    /// Adds a <see cref="SyncStore"/> as a singleton, as a section of the configuration describes it. The host opens it before any of its
    /// services starts, and closes it when all have stopped; who asks for it earlier, such as a constructor, has it opened then. Logs and time
    /// are the container's <c>ILoggerFactory</c> and <see cref="TimeProvider"/>.
    /// </summary>
    /// <remarks>
    /// Where the store cannot be opened, the start of the host, or the service that asks for the store, fails with a <see cref="SyncException"/>:
    /// OS2000 with every fault of the configuration, each with key, value and remedy, or the code of what is wrong with the file (OS2001 to OS2004).
    /// The section is read once, when the store opens.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="section">Has the names of <see cref="SyncClientSettings"/> as keys. One that it does not know is a fault.</param>
    /// <param name="configure">What code says of the same settings. The section wins.</param>
    /// <exception cref="InvalidOperationException">A host has one store, and this one has it already.</exception>
    public static SyncClientBuilder AddOrleansSyncClient(
        this IServiceCollection services, IConfigurationSection section, Action<SyncClientSettings>? configure = null) =>
        Add(services, section, configure);

    /// <inheritdoc cref="AddOrleansSyncClient(IServiceCollection, IConfigurationSection, Action{SyncClientSettings})"/>
    public static SyncClientBuilder AddOrleansSyncClient(this IServiceCollection services, Action<SyncClientSettings> configure) =>
        Add(services, section: null, configure);

    private static SyncClientBuilder Add(IServiceCollection services, IConfigurationSection? section, Action<SyncClientSettings>? configure)
    {
        if (services.Any(static service => service.ServiceType == typeof(SyncStore)))
            throw new InvalidOperationException("AddOrleansSyncClient was called before: a host has one store. Open others with SyncStore.OpenAsync.");
        var builder = new SyncClientBuilder(services);
        services.AddSingleton(provider => StoreOpening.Open(provider, builder, section, configure));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StoreLifetime>());
        return builder;
    }
}
