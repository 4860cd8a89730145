using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Watch;

/// <summary>
/// This gateway's ear at one scope: one observer for all of its devices that are connected here. Its lease is renewed for
/// as long as there is one; each renewal also tells the head, so a notice that got lost costs a renewal period, not data.
/// </summary>
internal sealed class ScopeWatch : IScopeObserver, IAsyncDisposable
{
    private readonly WatchHub _hub;
    private readonly IUserGrain _grain;
    private readonly IScopeObserver _reference;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _renewing;

    public ScopeWatch(WatchHub hub, string user)
    {
        _hub = hub;
        User = user;
        _grain = hub.Grains.GetGrain<IUserGrain>(user);
        _reference = hub.Grains.CreateObjectReference<IScopeObserver>(this);
        _renewing = RenewAsync();
    }

    public string User { get; }

    /// <summary>Written under the hub's lock, read by anyone.</summary>
    public ImmutableArray<DeviceConnection> Connections { get; set; } = [];

    /// <summary>Makes sure of the lease; answers the head. Whatever is committed after it, the connections are told of.</summary>
    public Task<long> SubscribeAsync() => _grain.SubscribeAsync(_reference);

    public Task<SessionStatus> VerifyAsync(DeviceConnection connection) => _grain.VerifySessionAsync(connection.Device, connection.Token);

    public Task OnCommitAsync(CommitNotice notice)
    {
        foreach (var connection in Connections) connection.Offer(notice);
        return Task.CompletedTask;
    }

    public async Task OnRevokedAsync(DeviceId device)
    {
        foreach (var connection in Connections)
        {
            if (connection.Device == device) await RevokeAsync(connection);
        }
    }

    /// <summary>The last connection has left: gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing;
        try
        {
            await _grain.UnsubscribeAsync(_reference);
            // A notice that was sent before may still be on its way, and must find somebody who ignores it.
            await Task.Delay(WatchHub.RenewPeriod, _hub.Time);
            _hub.Grains.DeleteObjectReference<IScopeObserver>(_reference);
        }
#pragma warning disable CA1031 // Nobody waits for it, and the lease ends by itself; a silo that stops refuses in many ways.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.LeaseNotGivenBack(_hub.Logger, exception);
        }

        _stop.Dispose();
    }

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(WatchHub.RenewPeriod, _hub.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    var head = await SubscribeAsync().WaitAsync(_stop.Token);
                    await OnCommitAsync(new CommitNotice(head, Whole: false, [], [], Clock: 0, Guid.Empty));
                    await FindRevokedAsync();
                }
                catch (Exception exception) when (!_stop.IsCancellationRequested)
                {
                    // Whatever it was: a watch that is no longer renewed would be silent for good, and nobody would know.
                    Log.LeaseNotRenewed(_hub.Logger, exception, WatchHub.RenewPeriod);
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The last connection has left.
        }
    }

    /// <summary>A revocation whose notice got lost ends the streams here.</summary>
    private async Task FindRevokedAsync()
    {
        foreach (var connection in Connections)
        {
            if (await VerifyAsync(connection).WaitAsync(_stop.Token) == SessionStatus.Revoked) await RevokeAsync(connection);
        }
    }

    private Task RevokeAsync(DeviceConnection connection)
    {
        Log.StreamRevoked(_hub.Logger);
        return connection.RevokeAsync();
    }
}
