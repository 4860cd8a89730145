using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Gateway.Authentication;
using OrleansSync.Gateway.Errors;
using OrleansSync.Silo.Configuration;
using OrleansSync.Silo.Hosting;

namespace OrleansSync.Gateway.Watch;

/// <summary>Knows the streams that are open at this gateway, by user.</summary>
internal sealed class WatchHub
{
    /// <summary>Below the lease of one minute with room for two lost renewals; the longest that a lost notice delays a device.</summary>
    public static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(15);

    /// <summary>After a renewal that failed: a silo that is gone has a successor within seconds.</summary>
    public static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    /// <summary>How long it takes until a silo that is gone is known to be; renewing all leases is spread over it.</summary>
    private static readonly TimeSpan LossPeriod = Clustering.ProbePeriod * (Clustering.MissedProbes + 2);

    // When it is known there is nothing to wait for; only not all at the same instant.
    private static readonly TimeSpan DeathPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ScopeWatch> _scopes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDraining;
    private bool _isStopping;
    private int _losses;

    public WatchHub(IGrainFactory grains, IHostApplicationLifetime lifetime, ServerSettings settings, ILogger<WatchHub> logger)
    {
        (Grains, Time, Logger) = (grains, settings.Time, logger);
        // One registration for all of them: an idle device costs as little as it can.
        lifetime.ApplicationStopping.Register(EndAll);
    }

    public IGrainFactory Grains { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    /// <summary>
    /// Lets a device's stream in. The order matters: listening comes before the session is looked at, so that no
    /// revocation falls between the two, and before a watch reads anything, so that no commit does.
    /// </summary>
    /// <exception cref="Grpc.Core.RpcException">The session is not the device's, or the device is revoked.</exception>
    public Task<DeviceConnection> ConnectAsync(Caller caller, DeviceSession session, CancellationToken cancellationToken) =>
        ConnectAsync(caller, session, trustsOpenStreams: false, cancellationToken);

    /// <summary>
    /// The same for a stream that only writes. Where another stream of the device's session is open here, such as its watch, the silo
    /// is not asked again: the lease is there, a revocation ends both, and the owner of the scope takes nothing of a revoked
    /// device whoever lets it in.
    /// </summary>
    /// <inheritdoc cref="ConnectAsync(Caller, DeviceSession, CancellationToken)"/>
    public Task<DeviceConnection> ConnectWriterAsync(Caller caller, DeviceSession session, CancellationToken cancellationToken) =>
        ConnectAsync(caller, session, trustsOpenStreams: true, cancellationToken);

    private async Task<DeviceConnection> ConnectAsync(
        Caller caller, DeviceSession session, bool trustsOpenStreams, CancellationToken cancellationToken)
    {
        var connection = Join(caller.User, session, cancellationToken);
        try
        {
            if (trustsOpenStreams && connection.Scope.HasVerified(session))
            {
                connection.IsVerified = true;
                return connection;
            }

            await connection.RunAsync(async ended =>
            {
                var status = await connection.Scope.ConnectAsync(connection).WaitAsync(ended);
                if (SessionErrors.OfStream(status) is { } error) throw error;
                connection.IsVerified = true;
            });
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void Leave(DeviceConnection connection)
    {
        var scope = connection.Scope;
        lock (_gate)
        {
            scope.Connections = scope.Connections.Remove(connection);
            if (!scope.Connections.IsEmpty) return;
            _scopes.Remove(scope.User);
            if (_isDraining && _scopes.Count == 0) _empty.TrySetResult();
        }

        // Giving the lease back is a courtesy to the silo; the stream's end does not wait for it.
        _ = scope.DisposeAsync().AsTask();
    }

    /// <summary>How many connections to silos have been lost so far: what was on its way over one may never arrive.</summary>
    public int Losses => Volatile.Read(ref _losses);

    /// <summary>The connection to a silo is gone: whoever that silo kept as an observer is registered anew.</summary>
    public void OnSiloLost() => RenewAllWithin(LossPeriod);

    /// <summary>The cluster has agreed that a silo is gone.</summary>
    public void OnSiloDead() => RenewAllWithin(DeathPeriod);

    /// <summary>Ends when no stream is open any more; called once the server is stopping, which ends them.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            _isDraining = true;
            if (_scopes.Count == 0) _empty.TrySetResult();
        }

        return _empty.Task;
    }

    private void RenewAllWithin(TimeSpan period)
    {
        Interlocked.Increment(ref _losses);
        ScopeWatch[] scopes;
        lock (_gate) scopes = [.. _scopes.Values];
        foreach (var scope in scopes) scope.RenewWithin(period);
    }

    private DeviceConnection Join(string user, DeviceSession session, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_scopes.TryGetValue(user, out var scope)) _scopes.Add(user, scope = new ScopeWatch(this, user));
            var connection = new DeviceConnection(this, scope, session, cancellationToken);
            scope.Connections = scope.Connections.Add(connection);
            if (_isStopping) _ = connection.EndAsync();
            return connection;
        }
    }

    private void EndAll()
    {
        DeviceConnection[] connections;
        lock (_gate)
        {
            _isStopping = true;
            connections = [.. _scopes.Values.SelectMany(static scope => scope.Connections)];
        }

        foreach (var connection in connections) _ = connection.EndAsync();
    }
}

/// <summary>What a device presents when it opens a stream.</summary>
internal readonly record struct DeviceSession(DeviceId Device, ImmutableArray<byte> Token);
