using OrleansSync.Gateway.Watch;

namespace OrleansSync.Gateway.Hosting;

/// <summary>
/// A silo whose connection broke may have taken the observers of this gateway with it: all of them are registered again soon,
/// instead of at their next renewal.
/// </summary>
internal sealed class SiloLosses(IServiceProvider services, ILogger<SiloLosses> logger) : IClusterConnectionStatusObserver
{
    // Looked up when there is something to say: the hub needs the client, and the client its observers.
    private WatchHub Hub => services.GetRequiredService<WatchHub>();

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways >= previousNumberOfGateways) return;
        Log.SiloLost(logger, currentNumberOfGateways);
        Hub.OnSiloLost();
    }

    public void NotifyClusterConnectionLost() => Log.ClusterLost(logger);
}
