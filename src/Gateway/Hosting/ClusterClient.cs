using OrleansSync.Core;
using OrleansSync.Hosting;
using OrleansSync.Silo.Configuration;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Gateway.Hosting;

/// <summary>Makes a gateway a client of a cluster of silos.</summary>
internal static class ClusterClient
{
    public static void Add(WebApplicationBuilder builder, ServerSettings settings, string connectionString)
    {
        builder.UseOrleansClient(client =>
        {
            Clustering.AddClient(client, settings.Cluster, connectionString);
            client.UseConnectionRetryFilter<SilosAwaited>();
        });
        builder.Services.AddSingleton(settings.Schema);
        builder.Services.AddSingleton(settings.Limits);
        builder.Services.AddOrleansSyncBackend();
        builder.Services.AddSingleton<IClusterConnectionStatusObserver, SiloLosses>();
        builder.Services.AddHealthChecks().AddCheck<ClusterHealth>("cluster", tags: [HealthTags.Ready]);
    }

    /// <summary>A gateway may be started before the silos, and before there is anything in their database.</summary>
    private sealed class SilosAwaited(ILogger<SilosAwaited> logger) : IClientConnectionRetryFilter
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

        public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
        {
            if (cancellationToken.IsCancellationRequested) return false;
            Log.SilosAwaited(logger, exception.Message);
            await Task.Delay(Pause, cancellationToken);
            return true;
        }
    }
}
