using Grpc.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Errors;

/// <summary>What the state of a session means to a caller.</summary>
internal static class SessionErrors
{
    public static RpcException? OfHandshake(SessionStatus status) => status switch
    {
        SessionStatus.Valid => null,
        SessionStatus.Cloned => SyncErrors.DeviceCloned(),
        SessionStatus.Revoked => SyncErrors.DeviceRevoked(),
        SessionStatus.TooManyDevices => SyncErrors.TooManyDevices(),
        _ => SyncErrors.SessionUnknown(),
    };

    /// <summary>
    /// A stream with a token that is not the device's is sent to the handshake, which alone can tell a stale token from a copy.
    /// </summary>
    public static RpcException? OfStream(SessionStatus status) => status switch
    {
        SessionStatus.Valid => null,
        SessionStatus.Revoked => SyncErrors.DeviceRevoked(),
        _ => SyncErrors.SessionUnknown(),
    };
}
