using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>
/// The session tokens of a user's devices. A device holds the last token it has proved to hold or one it was given after
/// that; a token that is neither tells that the device's database was copied and the other copy went on. Several can have
/// been given: a handshake that the device has given up on may still arrive after the one it repeated it with.
/// </summary>
public sealed class Sessions(ISyncStore store, ScopeId scope, int maxDevices, TimeProvider time, ILogger logger)
{
    private const int TokenBytes = 16;

    // Handshakes with one token that can be on their way at once before the first of them is forgotten.
    private const int MaxPending = 4;

    // Another activation changes the same session at the same time: rare, and over after a try or two.
    private const int Tries = 4;

    // What a handshake here has left and no stream has proved yet, one at most a device. Whether it is still so, only the store knows.
    private readonly Dictionary<DeviceId, DeviceSession> _granted = [];

    /// <summary>Registers the device or rotates its token.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer; calling again is safe.</exception>
    public async Task<SessionReply> OpenAsync(SessionRequest request)
    {
        // Nobody holds what server code writes as; a device that says so has to take another id, as a copy has.
        if (request.Device == DeviceId.Backend) return Refused(SessionStatus.Cloned);
        var token = RandomNumberGenerator.GetBytes(TokenBytes);
        var doneBelow = await DoneBelowAsync(request);
        for (var i = 0; i < Tries; i++)
        {
            var devices = await store.ListDevicesAsync(scope, CancellationToken.None);
            var known = devices.FirstOrDefault(device => device.Device == request.Device);
            if (known is null)
            {
                var held = devices.Count(static device => !device.Revoked && device.Device != DeviceId.Backend);
                if (held >= maxDevices) return Refused(SessionStatus.TooManyDevices);
                var session = new DeviceSession([], Hash(token));
                known = await store.RegisterDeviceAsync(
                    scope, request.Device, session, time.GetUtcNow().ToUnixTimeMilliseconds(), CancellationToken.None);
                if (known.Session == session) return await GrantedAsync(request.Device, session, token);
            }

            if (known.Revoked) return Refused(SessionStatus.Revoked);
            if (Rotate(known.Session, request.Token, Hash(token)) is not { } next) return Refused(SessionStatus.Cloned);
            if (await store.UpdateSessionAsync(scope, request.Device, known.Session, next, doneBelow, CancellationToken.None))
            {
                return await GrantedAsync(request.Device, next, token);
            }
        }

        throw Contended();
    }

    /// <summary>Whether the token is the device's. A pending one is proved by it.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer; calling again is safe.</exception>
    public async Task<SessionStatus> VerifyAsync(DeviceId device, ImmutableArray<byte> token)
    {
        if (device == DeviceId.Backend) return SessionStatus.Unknown;
        var presented = Hash(token.AsSpan());
        // The first stream after a handshake, as a rule: the store is asked once, and refuses where it knows better.
        if (_granted.Remove(device, out var granted) && IsPending(granted, presented) && await ProveAsync(granted)) return SessionStatus.Valid;
        for (var i = 0; i < Tries; i++)
        {
            var devices = await store.ListDevicesAsync(scope, CancellationToken.None);
            if (devices.FirstOrDefault(known => known.Device == device) is not { } known) return SessionStatus.Unknown;
            if (known.Revoked) return SessionStatus.Revoked;
            // The server was restored since: only a handshake tells which token it is now.
            if (IsForgotten(known.Session)) return SessionStatus.Unknown;
            if (Same(known.Session.Proved, presented)) return SessionStatus.Valid;
            if (!IsPending(known.Session, presented)) return SessionStatus.Cloned;
            if (await ProveAsync(known.Session)) return SessionStatus.Valid;
        }

        throw Contended();

        Task<bool> ProveAsync(DeviceSession held) =>
            store.UpdateSessionAsync(scope, device, held, new DeviceSession(presented, []), 0, CancellationToken.None);
    }

    /// <summary>
    /// What the device has the outcomes of, in the lineage that is in force: what it knows of another one says nothing. A device that knows a
    /// commit above the head proves that the store was set back without anybody telling it: the scope gets a new lineage before anything else.
    /// </summary>
    private async Task<long> DoneBelowAsync(SessionRequest request)
    {
        if (request.Lineage == Guid.Empty || await store.ReadScopeAsync(scope, CancellationToken.None) is not { } state) return request.DoneBelow;
        if (request.Lineage != state.Lineage) return 0;
        if (request.Known <= state.Head) return request.DoneBelow;
        logger.StoreWentBack(request.Known, state.Head);
        await store.BeginLineagesAsync([scope], Lineages.Through(time), CancellationToken.None);
        return 0;
    }

    // Null: the device cannot hold this token.
    private static DeviceSession? Rotate(DeviceSession session, ImmutableArray<byte> token, ImmutableArray<byte> next)
    {
        // The answer to its first handshake never arrived.
        if (token.IsDefaultOrEmpty) return session.Proved.IsEmpty ? new([], Beside(session.Pending, next)) : null;
        var presented = Hash(token.AsSpan());
        // Its tokens are not known since a restore: the first that comes counts. Of two copies of a database that is the one that came first.
        if (IsForgotten(session)) return new(presented, next);
        if (IsPending(session, presented)) return new(presented, next);
        return Same(session.Proved, presented) ? new(presented, Beside(session.Pending, next)) : null;
    }

    private static bool IsForgotten(DeviceSession session) => session is { Proved.IsEmpty: true, Pending.IsEmpty: true };

    private static ImmutableArray<byte> Beside(ImmutableArray<byte> pending, ImmutableArray<byte> next)
    {
        var forgotten = Math.Max(0, pending.Length - ((MaxPending - 1) * SHA256.HashSizeInBytes));
        return [.. pending.AsSpan()[forgotten..], .. next];
    }

    private static bool IsPending(DeviceSession session, ImmutableArray<byte> presented)
    {
        var found = false;
        for (var at = 0; at < session.Pending.Length; at += SHA256.HashSizeInBytes)
            found |= CryptographicOperations.FixedTimeEquals(session.Pending.AsSpan(at, SHA256.HashSizeInBytes), presented.AsSpan());
        return found;
    }

    private async Task<SessionReply> GrantedAsync(DeviceId device, DeviceSession session, byte[] token)
    {
        _granted[device] = session;
        var state = await store.ReadScopeAsync(scope, CancellationToken.None)
            ?? throw new StoreUnavailableException("The scope went away during a handshake.");
        return new(
            SessionStatus.Valid, [.. token], state.Clock, state.Lineage, state.Head, state.Horizon, state.Lost.After, state.Lost.Through);
    }

    private static SessionReply Refused(SessionStatus status) => new(status, [], 0, Guid.Empty, 0, 0);

    private static StoreUnavailableException Contended() => new("The device's session is changing; try again.");

    private static bool Same(ImmutableArray<byte> kept, ImmutableArray<byte> presented) =>
        CryptographicOperations.FixedTimeEquals(kept.AsSpan(), presented.AsSpan());

    private static ImmutableArray<byte> Hash(ReadOnlySpan<byte> token) => [.. SHA256.HashData(token)];
}
