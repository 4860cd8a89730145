using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Feed;

namespace OrleansSync.Backend;

/// <summary>
/// One reader's ear at a scope, as a gateway has one for its devices. Each renewal of its lease also tells the head, so a notice that got
/// lost costs a renewal period, not data.
/// </summary>
internal sealed class ScopeListener : IScopeObserver, IAsyncDisposable
{
    /// <summary>Below the lease of one minute with room for two lost renewals.</summary>
    public static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    private readonly NoticeQueue _notices = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IGrainFactory _grains;
    private readonly IUserGrain _user;
    private readonly IScopeObserver _reference;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Task _renewing = Task.CompletedTask;

    private ScopeListener(IGrainFactory grains, string user, TimeProvider time, ILogger logger)
    {
        (_grains, _time, _logger) = (grains, time, logger);
        _user = grains.GetGrain<IUserGrain>(user);
        _reference = grains.CreateObjectReference<IScopeObserver>(this);
    }

    /// <summary>Whatever is committed after it is told.</summary>
    public static async Task<ScopeListener> OpenAsync(
        IGrainFactory grains, string user, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var listener = new ScopeListener(grains, user, time, logger);
        try
        {
            await listener._user.SubscribeAsync(listener._reference).WaitAsync(cancellationToken);
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }

        listener._renewing = listener.RenewAsync();
        return listener;
    }

    /// <summary>The next notice.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<CommitNotice> NextAsync(CancellationToken cancellationToken)
    {
        await using var cancelled = cancellationToken.UnsafeRegister(static queue => ((NoticeQueue)queue!).Close(), _notices);
        return await _notices.TakeAsync() ?? throw new OperationCanceledException(cancellationToken);
    }

    public Task OnCommitAsync(CommitNotice notice)
    {
        _notices.Offer(notice);
        return Task.CompletedTask;
    }

    // Server code has no device that could be revoked.
    public Task OnRevokedAsync(DeviceId device) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing;
        _notices.Close();
        _stop.Dispose();
        // Giving the lease back is a courtesy to the silo; nobody waits for it.
        _ = LetGoAsync();
    }

    private async Task RenewAsync()
    {
        try
        {
            for (var period = RenewPeriod; ;)
            {
                await Task.Delay(period, _time, _stop.Token);
                period = await TryRenewAsync() ? RenewPeriod : RetryPeriod;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The reader has left.
        }
    }

    private async Task<bool> TryRenewAsync()
    {
        try
        {
            var answer = await _user.SubscribeAsync(_reference).WaitAsync(_stop.Token);
            _notices.Offer(CommitNotice.OfHead(answer.Head));
            return true;
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            // Whatever it was: a reader whose lease is no longer renewed would wait for good, and nobody would know.
            _logger.FeedLeaseNotRenewed(exception, RetryPeriod);
            return false;
        }
    }

    private async Task LetGoAsync()
    {
        try
        {
            await _user.UnsubscribeAsync(_reference);
            // A notice that was sent before may still be on its way, and must find somebody who ignores it.
            await Task.Delay(RenewPeriod, _time);
            _grains.DeleteObjectReference<IScopeObserver>(_reference);
        }
#pragma warning disable CA1031 // Nobody waits for it, and the lease ends by itself; a silo that stops refuses in many ways.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _logger.FeedLeaseNotGivenBack(exception);
        }
    }
}
