using System.Collections.Immutable;
using System.Security.Cryptography;
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
    private static readonly TimeSpan SharePeriod = TimeSpan.FromMilliseconds(500);

    private readonly WatchHub _hub;
    private readonly IUserGrain _grain;
    private readonly IScopeObserver _reference;
    private readonly CancellationTokenSource _stop = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _renewing;
    private readonly Lock _asking = new();
    private Task<Subscription>? _asked;
    private long _askedAt;
    private int _askedSoon;
    private HashSet<DevicePosition> _reported = [];
    private volatile object _activation = Guid.Empty;

    public ScopeWatch(WatchHub hub, string user)
    {
        _hub = hub;
        User = user;
        _grain = hub.Grains.GetGrain<IUserGrain>(user);
        _reference = hub.Grains.CreateObjectReference<IScopeObserver>(this);
        _timer = new PeriodicTimer(WatchHub.RenewPeriod, hub.Time);
        _renewing = RenewAsync();
    }

    public string User { get; }

    /// <summary>Written under the hub's lock, read by anyone.</summary>
    public ImmutableArray<DeviceConnection> Connections { get; set; } = [];

    /// <summary>Who has answered last: a call that another one was asked for may never be answered.</summary>
    public Guid Activation => (Guid)_activation;

    /// <summary>
    /// Makes sure of the lease; answers the head. Whatever is committed after it, the connections are told of. Callers that
    /// come while one has only just asked share its answer.
    /// </summary>
    public Task<Subscription> SubscribeAsync()
    {
        lock (_asking)
        {
            // One that has waited longer may have been asked of a silo that is gone.
            if (_asked is { IsCompleted: false } && _hub.Time.GetElapsedTime(_askedAt) < SharePeriod) return _asked;
            _askedAt = _hub.Time.GetTimestamp();
            return _asked = AskAsync();
        }
    }

    /// <summary>Renews before the period is over: within this time, so that many scopes do not do it at once.</summary>
    public void RenewWithin(TimeSpan time)
    {
        Interlocked.Increment(ref _askedSoon);
        try
        {
            _timer.Period = TimeSpan.FromMilliseconds(1) + (time * Random.Shared.NextDouble());
        }
        catch (ObjectDisposedException)
        {
            // The last connection has left.
        }
    }

    /// <summary>A stream of this session is open here.</summary>
    public bool HasVerified(DeviceSession session)
    {
        foreach (var connection in Connections)
        {
            if (connection.Device == session.Device && connection.IsVerified
                && CryptographicOperations.FixedTimeEquals(connection.Token.AsSpan(), session.Token.AsSpan()))
                return true;
        }

        return false;
    }

    /// <summary>Makes sure of the lease, and asks then whether the session is the device's.</summary>
    public async Task<SessionStatus> ConnectAsync(DeviceConnection connection)
    {
        var answer = await _grain.ConnectAsync(_reference, connection.Device, connection.Token);
        _activation = answer.Activation;
        return answer.Status;
    }

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

    private async Task<Subscription> AskAsync()
    {
        var answer = await _grain.SubscribeAsync(_reference);
        _activation = answer.Activation;
        return answer;
    }

    private async Task RenewAsync()
    {
        using var timer = _timer;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var asked = Volatile.Read(ref _askedSoon);
                var renewed = await TryRenewAsync();
                // Asked to renew soon while this renewal ran, perhaps with the activation that is gone: that wish stands.
                if (asked == Volatile.Read(ref _askedSoon)) Wait(renewed ? WatchHub.RenewPeriod : WatchHub.RetryPeriod);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The last connection has left.
        }

        // Setting a period starts it anew, which only a change is worth.
        void Wait(TimeSpan period)
        {
            if (timer.Period != period) timer.Period = period;
        }
    }

    private async Task<bool> TryRenewAsync()
    {
        try
        {
            // Of the devices that have come further since the last time.
            DevicePosition[] now = [.. Connections.Select(static connection => connection.Position).OfType<DevicePosition>()];
            var answer = await _grain.RenewAsync(_reference, [.. now.Except(_reported)]).WaitAsync(_stop.Token);
            _activation = answer.Activation;
            _reported = [.. now];
            await OnCommitAsync(CommitNotice.OfHead(answer.Head));
            // A revocation whose notice got lost ends the streams here.
            foreach (var device in answer.Revoked) await OnRevokedAsync(device);
            return true;
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            // Whatever it was: a watch that is no longer renewed would be silent for good, and nobody would know.
            Log.LeaseNotRenewed(_hub.Logger, exception, WatchHub.RetryPeriod);
            return false;
        }
    }

    private Task RevokeAsync(DeviceConnection connection)
    {
        Log.StreamRevoked(_hub.Logger);
        return connection.RevokeAsync();
    }
}
