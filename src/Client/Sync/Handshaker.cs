using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Transport;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Sync;

/// <summary>
/// Opens the device's session. A handshake serves the sessions that follow for as long as none of them fails and it is not
/// older than the periodic sync: a program that syncs on request after each step would otherwise pay for one each time.
/// </summary>
internal sealed class Handshaker(GatewayConnection connection, ILocalLog log, SyncStoreOptions options, ILogger logger)
{
    private SessionGrant? _held;
    private long _heldSince;

    public async Task<SessionGrant> OpenAsync(CancellationToken cancellationToken)
    {
        if (_held is { } held && options.TimeProvider.GetElapsedTime(_heldSince) < options.Periodic) return held with { Reused = true };

        var (state, response) = await ShakeAsync(cancellationToken);
        var result = WireMessages.ReadHandshake(response);
        // A server that does not look at the request's has been asked for another user's data already.
        if (!state.Account.IsEmpty && !result.Account.IsEmpty && !result.Account.Span.SequenceEqual(state.Account.Span))
            throw SyncErrorCodes.OtherAccount();
        // Durable before its first use: the server forgets the token before last, so one that is used and then lost in a
        // crash would make this device look like a copy of itself.
        await log.RecordHandshakeAsync(result, cancellationToken);
        Log.HandshakeDone(logger, result.Head, state.Cursor);
        if (log.State.Recovery is { } recovery && log.State.History != state.History) Log.ServerRestored(logger, recovery.Resent);
        _heldSince = options.TimeProvider.GetTimestamp();
        var session = new Session
        {
            DeviceId = WireIds.ToWire(state.Device),
            Token = WireMessages.Bytes(result.SessionToken),
        };
        return _held = new SessionGrant(session, result.Limits, Reused: false);
    }

    /// <summary>The next session shakes hands anew.</summary>
    public void Forget() => _held = null;

    private async Task<(LocalState State, HandshakeResponse Response)> ShakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync();
        }
        catch (SyncException refused) when (refused.Code == SyncErrorCodes.DeviceCloned)
        {
            var renewal = await log.RenewDeviceAsync(cancellationToken);
            Log.DeviceRenewed(logger, renewal.Device.Value, renewal.DeadLetters);
        }

        return await TryAsync();

        async Task<(LocalState State, HandshakeResponse Response)> TryAsync()
        {
            // The server keeps what it hears of outcomes: a device that a power cut set back behind that would be refused.
            var state = await log.MakeDurableAsync(cancellationToken);
            return (state, await connection.HandshakeAsync(await RequestAsync(state, cancellationToken), cancellationToken));
        }
    }

    private async Task<HandshakeRequest> RequestAsync(LocalState state, CancellationToken cancellationToken)
    {
        var depth = await log.DepthAsync(cancellationToken);
        var age = depth.OldestWrittenAt is { } written ? options.TimeProvider.GetUtcNow() - written : TimeSpan.Zero;
        return new HandshakeRequest
        {
            ProtocolVersion = ProtocolVersion.Current,
            DeviceId = WireIds.ToWire(state.Device),
            SessionToken = WireMessages.Bytes(state.SessionToken),
            SchemaHash = WireMessages.Bytes(state.SchemaHash),
            Account = WireMessages.Bytes(state.Account),
            DoneBelow = state.DoneBelow,
            Known = CursorMapping.ToWire(state.History, state.Known),
            Profile = new DeviceProfile
            {
                Name = options.DeviceName,
                Platform = RuntimeInformation.RuntimeIdentifier,
                AppVersion = options.AppVersion,
            },
            Status = new DeviceStatus
            {
                QueueDepth = depth.Pending + depth.InFlight,
                // The device's clock may have been set back since.
                OldestPendingSeconds = Math.Max(0, (long)age.TotalSeconds),
                DeadLetters = depth.DeadLetters,
            },
        };
    }
}
