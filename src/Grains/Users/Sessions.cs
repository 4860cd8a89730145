using System.Collections.Immutable;
using System.Security.Cryptography;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Users;

/// <summary>
/// The session tokens of a user's devices. A device holds the last token it has proved to hold or one it was given after
/// that; a token that is neither tells that the device's database was copied and the other copy went on.
/// </summary>
public sealed class Sessions(ISyncStore store, ScopeId scope, int maxDevices, TimeProvider time)
{
    private const int TokenBytes = 16;

    // Handshakes that were given up or sent twice arrive late, even after the one whose answer the device holds: each answer
    // stays good until one of them is proved. A device has one handshake under way, so more late ones than this do not meet.
    private const int MaxPending = 4;

    // Another activation changes the same session at the same time: rare, and over after a try or two.
    private const int Tries = 4;

    /// <summary>Registers the device or rotates its token.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer; calling again is safe.</exception>
    public async Task<SessionReply> OpenAsync(SessionRequest request)
    {
        var token = RandomNumberGenerator.GetBytes(TokenBytes);
        for (var i = 0; i < Tries; i++)
        {
            var devices = await store.ListDevicesAsync(scope, CancellationToken.None);
            var known = devices.FirstOrDefault(device => device.Device == request.Device);
            if (known is null)
            {
                if (devices.Count(static device => !device.Revoked) >= maxDevices) return Refused(SessionStatus.TooManyDevices);
                var session = new DeviceSession([], Hash(token));
                known = await store.RegisterDeviceAsync(
                    scope, request.Device, session, time.GetUtcNow().ToUnixTimeMilliseconds(), CancellationToken.None);
                if (known.Session == session) return await GrantedAsync(token);
            }

            if (known.Revoked) return Refused(SessionStatus.Revoked);
            if (Rotate(known.Session, request.Token, Hash(token)) is not { } next) return Refused(SessionStatus.Cloned);
            if (await store.UpdateSessionAsync(scope, request.Device, known.Session, next, request.DoneBelow, CancellationToken.None))
            {
                return await GrantedAsync(token);
            }
        }

        throw Contended();
    }

    /// <summary>Whether the token is the device's. A pending one is proved by it.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer; calling again is safe.</exception>
    public async Task<SessionStatus> VerifyAsync(DeviceId device, ImmutableArray<byte> token)
    {
        var presented = Hash(token.AsSpan());
        for (var i = 0; i < Tries; i++)
        {
            var devices = await store.ListDevicesAsync(scope, CancellationToken.None);
            if (devices.FirstOrDefault(known => known.Device == device) is not { } known) return SessionStatus.Unknown;
            if (known.Revoked) return SessionStatus.Revoked;
            if (Same(known.Session.Proved, presented)) return SessionStatus.Valid;
            if (!Pending(known.Session).Any(pending => Same(pending, presented))) return SessionStatus.Cloned;
            var proved = new DeviceSession(presented, []);
            if (await store.UpdateSessionAsync(scope, device, known.Session, proved, 0, CancellationToken.None)) return SessionStatus.Valid;
        }

        throw Contended();
    }

    // Null: the device cannot hold this token.
    private static DeviceSession? Rotate(DeviceSession session, ImmutableArray<byte> token, ImmutableArray<byte> next)
    {
        // The answer to its first handshake never arrived.
        if (token.IsDefaultOrEmpty) return session.Proved.IsEmpty ? WithPending(session, next) : null;
        var presented = Hash(token.AsSpan());
        if (Pending(session).Any(pending => Same(pending, presented))) return new(presented, next);
        return Same(session.Proved, presented) ? WithPending(session, next) : null;
    }

    private static DeviceSession WithPending(DeviceSession session, ImmutableArray<byte> next) =>
        new(session.Proved, [.. Pending(session).TakeLast(MaxPending - 1).SelectMany(static pending => pending), .. next]);

    private static IEnumerable<ImmutableArray<byte>> Pending(DeviceSession session)
    {
        for (var at = 0; at < session.Pending.Length; at += SHA256.HashSizeInBytes)
            yield return session.Pending.Slice(at, Math.Min(SHA256.HashSizeInBytes, session.Pending.Length - at));
    }

    private async Task<SessionReply> GrantedAsync(byte[] token)
    {
        var state = await store.ReadScopeAsync(scope, CancellationToken.None)
            ?? throw new StoreUnavailableException("The scope went away during a handshake.");
        return new(SessionStatus.Valid, [.. token], state.Clock, state.Lineage, state.Head, state.Horizon);
    }

    private static SessionReply Refused(SessionStatus status) => new(status, [], 0, Guid.Empty, 0, 0);

    private static StoreUnavailableException Contended() => new("The device's session is changing; try again.");

    private static bool Same(ImmutableArray<byte> kept, ImmutableArray<byte> presented) =>
        CryptographicOperations.FixedTimeEquals(kept.AsSpan(), presented.AsSpan());

    private static ImmutableArray<byte> Hash(ReadOnlySpan<byte> token) => [.. SHA256.HashData(token)];
}
