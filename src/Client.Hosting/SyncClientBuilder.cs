using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansSync.Core;

namespace OrleansSync.Client.Hosting;

/// <summary>Says what a configuration cannot say of the host's store. Of two calls to one method the last counts, unless it says otherwise.</summary>
public sealed class SyncClientBuilder
{
    private readonly List<LocalIndex> _indexes = [];

    internal SyncClientBuilder(IServiceCollection services)
    {
        Services = services;
        services.TryAddSingleton<NetworkConditions>();
    }

    /// <summary>The services that the store is added to.</summary>
    public IServiceCollection Services { get; }

    internal SyncSchema? Schema { get; private set; }

    internal IReadOnlyList<string>? Types { get; private set; }

    internal IReadOnlyList<string> LocalTypes { get; private set; } = [];

    internal IReadOnlyList<LocalIndex> Indexes => _indexes;

    internal Func<IServiceProvider, ISyncCredentials?> Credentials { get; private set; } = static services => services.GetService<ISyncCredentials>();

    internal Func<IServiceProvider, IDeviceConditions?> Conditions { get; private set; } = static services =>
        services.GetService<IDeviceConditions>() ?? services.GetRequiredService<NetworkConditions>();

    internal Func<IServiceProvider, HttpMessageHandler?> HttpHandler { get; private set; } = static _ => null;

    /// <summary>
    /// Takes the bearer token from a <typeparamref name="T"/>, a singleton: the one that is registered, or one that the container makes.
    /// Without this call the registered <see cref="ISyncCredentials"/> is asked. One of both is needed with a gateway.
    /// </summary>
    public SyncClientBuilder UseCredentials<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, ISyncCredentials
    {
        Services.TryAddSingleton<T>();
        Credentials = static services => services.GetRequiredService<T>();
        return this;
    }

    /// <summary>The schema to start with, before the server has sent its own; see <see cref="SyncStoreOptions.Schema"/>.</summary>
    public SyncClientBuilder UseSchema(SyncSchema schema)
    {
        Schema = schema;
        return this;
    }

    /// <summary>The types that a new database holds; see <see cref="SyncStoreOptions.Types"/>. Several calls add up.</summary>
    public SyncClientBuilder UseTypes(params IEnumerable<string> types)
    {
        Types = [.. Types ?? [], .. types];
        return this;
    }

    /// <summary>Types that stay on this device; see <see cref="SyncStoreOptions.LocalTypes"/>. Several calls add up.</summary>
    public SyncClientBuilder UseLocalTypes(params IEnumerable<string> types)
    {
        LocalTypes = [.. LocalTypes, .. types];
        return this;
    }

    /// <summary>Adds indexes of the local database; see <see cref="SyncStoreOptions.Indexes"/>. Several calls add up.</summary>
    public SyncClientBuilder UseIndexes(params IEnumerable<LocalIndex> indexes)
    {
        _indexes.AddRange(indexes);
        return this;
    }

    /// <summary>
    /// Takes the device's network and battery from a <typeparamref name="T"/>, a singleton. Without this call they are those of the registered
    /// <see cref="IDeviceConditions"/>, or where there is none of <see cref="NetworkConditions"/>: what .NET sees by itself.
    /// </summary>
    public SyncClientBuilder UseConditions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IDeviceConditions
    {
        Services.TryAddSingleton<T>();
        Conditions = static services => services.GetRequiredService<T>();
        return this;
    }

    /// <summary>Every try is worth it, whatever .NET sees of the network.</summary>
    public SyncClientBuilder IgnoreConditions()
    {
        Conditions = static _ => null;
        return this;
    }

    /// <summary>Puts a handler below the gRPC channel, for proxies and tests; see <see cref="SyncStoreOptions.HttpHandler"/>. The caller keeps it.</summary>
    public SyncClientBuilder UseHttpHandler(Func<IServiceProvider, HttpMessageHandler> handler)
    {
        HttpHandler = handler;
        return this;
    }
}
