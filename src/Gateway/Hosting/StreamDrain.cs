using OrleansSync.Gateway.Watch;

namespace OrleansSync.Gateway.Hosting;

/// <summary>
/// Ends the devices' streams before anything else stops: a connection that is closed together with its last stream can
/// take the stream's status with it, and then a device sees a broken connection instead of a server that says goodbye.
/// </summary>
internal sealed class StreamDrain(WatchHub hub, IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    /// <summary>For the last statuses to be written and read.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>Batches in flight are acknowledged within it, or their devices send them again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A host that is stopped by its own program comes here before it has said so to anybody.
        lifetime.StopApplication();
        try
        {
            await hub.DrainAsync().WaitAsync(Patience, cancellationToken);
            await Task.Delay(Grace, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Kestrel cuts what is left.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
