using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansSync.Backend;
using OrleansSync.Core;

namespace OrleansSync.Hosting;

/// <summary>Adds what server code reads and writes with.</summary>
public static class SyncBackendServices
{
    /// <summary>
    /// Adds <see cref="ISyncWriter"/>, <see cref="ISyncFeed"/> and <see cref="ISyncAdmin"/>. A silo, a gateway and an embedded server have them already; this is for
    /// another client of their cluster, which says the schema and the limits that the silos have.
    /// </summary>
    public static IServiceCollection AddOrleansSyncBackend(
        this IServiceCollection services, SyncSchema? schema = null, Limits? limits = null)
    {
        if (schema is not null) services.TryAddSingleton(schema);
        if (limits is not null) services.TryAddSingleton(limits);
        services.TryAddSingleton<ISyncWriter, SyncWriter>();
        services.TryAddSingleton<ISyncFeed, SyncFeed>();
        services.TryAddSingleton<ISyncAdmin, SyncAdmin>();
        return services;
    }
}
