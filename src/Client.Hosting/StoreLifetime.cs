using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansSync.Client.Hosting;

/// <summary>Holds the store open while the host's services run, whatever their order.</summary>
internal sealed class StoreLifetime(IServiceProvider services) : IHostedLifecycleService
{
    private SyncStore? _store;

    /// <summary>Before any service starts, so that a file that cannot be opened ends the start.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken) =>
        _store = await Task.Run(services.GetRequiredService<SyncStore>, cancellationToken);

    /// <summary>After all have stopped: each may write until then.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_store is { } store) await store.DisposeAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
