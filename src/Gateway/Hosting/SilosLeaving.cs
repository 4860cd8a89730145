using OrleansSync.Gateway.Watch;

namespace OrleansSync.Gateway.Hosting;

/// <summary>
/// In a node: another silo that goes, told or not, takes the observers of this gateway with it that were registered there. All of
/// them are registered again soon, instead of at their next renewal.
/// </summary>
/// <remarks>
/// Told first when a silo begins to go: its users may still be there when a lease is renewed. So the last word counts, that it is
/// dead, and each leads to a renewal of its own.
/// </remarks>
internal sealed class SilosLeaving(ISiloStatusOracle membership, WatchHub hub, ILogger<SilosLeaving> logger) : IHostedService, ISiloStatusListener
{
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (!status.IsTerminating() || updatedSilo.Equals(membership.SiloAddress)) return;
        Log.SiloLeaving(logger, updatedSilo.Endpoint, status);
        if (status == SiloStatus.Dead) hub.OnSiloDead();
        else hub.OnSiloLost();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        membership.SubscribeToSiloStatusEvents(this);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        membership.UnSubscribeFromSiloStatusEvents(this);
        return Task.CompletedTask;
    }
}
