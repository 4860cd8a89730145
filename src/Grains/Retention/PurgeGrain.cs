using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Metrics;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Retention;

/// <summary>Makes the passes. A pass may take longer than a call may, so it runs beside the calls.</summary>
[GrainType("orleanssync.purge"), Reentrant]
public sealed class PurgeGrain : Grain, IPurgeGrain, IRemindable, IDisposable
{
    private const string ReminderName = "purge";

    private readonly GrainSettings _settings;
    private readonly ServerMetrics _metrics;
    private readonly ILogger<PurgeGrain> _logger;
    private readonly PurgePass _pass;
    private readonly CancellationTokenSource _ending = new();
    private Task<PurgeReport>? _running;

    public PurgeGrain(ISyncStore store, GrainSettings settings, ServerMetrics metrics, ILogger<PurgeGrain> logger)
    {
        (_settings, _metrics, _logger) = (settings, metrics, logger);
        // Every scope is a user's today, and its grain owns its log.
        var conflicts = new ConflictExpiry(
            store, settings, (scope, write) => GrainFactory.GetGrain<IUserGrain>(scope.User!).WriteAsync(write), logger);
        _pass = new PurgePass(store, settings.Retention, settings.Time, logger, conflicts);
    }

    public async Task ScheduleAsync()
    {
        var every = _settings.Retention.Every;
        // The first one soon: a server that never runs for an hour removes what is too old all the same.
        await this.RegisterOrUpdateReminder(ReminderName, every / 10, every);
    }

    public Task<PurgeReport> RunAsync() =>
        _running is { IsCompleted: false } running ? running : _running = PassAsync();

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        // The silo keeps the activation while the pass runs; the tick does not wait for it.
        DelayDeactivation(_settings.Retention.Every);
        _ = RunLoggedAsync();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        if (_running is not { } running) return;
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose() => _ending.Dispose();

    private async Task<PurgeReport> PassAsync()
    {
        var report = await _pass.RunAsync(_ending.Token);
        _metrics.Purged(report);
        return report;
    }

    private async Task RunLoggedAsync()
    {
        try
        {
            await RunAsync();
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The next pass is made where this grain is activated next.
        }
#pragma warning disable CA1031 // Whatever it was, the next reminder tries again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.PurgePassFailed(exception);
        }
    }
}
