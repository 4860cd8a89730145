using Grpc.Core;

namespace OrleansSync.Client.Transport;

/// <summary>Every error of syncing: code, fact, remedy. OS10xx: reaching the gateway, and what it answers.</summary>
internal static class SyncErrorCodes
{
    public const string SignedOut = "OS1002";
    public const string Unreachable = "OS1003";
    public const string TimedOut = "OS1004";
    public const string Unauthenticated = "OS1005";
    public const string Unavailable = "OS1006";
    public const string ProtocolVersion = "OS1007";
    public const string DeviceRevoked = "OS1008";
    public const string DeviceCloned = "OS1009";
    public const string TooManyDevices = "OS1010";
    public const string SessionUnknown = "OS1011";
    public const string CursorRefused = "OS1012";
    public const string Overloaded = "OS1013";
    public const string Malformed = "OS1014";
    public const string ServerFault = "OS1015";
    public const string NotServed = "OS1016";
    public const string Forbidden = "OS1017";
    public const string UnexpectedAnswer = "OS1018";
    public const string OtherStatus = "OS1019";
    public const string Paused = "OS1020";
    public const string Closed = "OS1021";
    public const string Unexpected = "OS1022";
    public const string AccountMismatch = "OS1023";

    /// <summary>The remedy for a status that the server answered; the fact is the server's own sentence.</summary>
    public static string RemedyOf(string code) => code switch
    {
        Unauthenticated => "Sign in again, or let ISyncCredentials answer a fresh token; nothing is lost meanwhile.",
        Unavailable => "It is tried again by itself; what was not answered is sent again and takes effect once.",
        ProtocolVersion => "Update the app or the server, whichever is older.",
        DeviceRevoked => "What had not been synced is still in the local database; sign in on a new database to go on.",
        DeviceCloned => "The database goes on as a device of its own.",
        AccountMismatch => "Nothing was sent. Open the file of the user who is signed in (SyncStore.PathFor), or sign in as the other one and call Resume().",
        TooManyDevices => "Revoke a device that is not used any more, then call Resume().",
        SessionUnknown => "The next attempt shakes hands again.",
        CursorRefused => "The device pulls everything again; its own operations stay.",
        Overloaded => "It is tried again by itself, later.",
        Malformed => "The operation was not recorded; see the dead letters.",
        ServerFault => "The server's log tells more. It is tried again by itself.",
        NotServed => "Is this address an OrleansSync gateway, of a version that serves the call?",
        Forbidden => "Check what this user is allowed to do, and what stands between the device and the gateway.",
        _ => "It is tried again by itself.",
    };

    public static SyncException NobodySignedIn() => new(
        SignedOut,
        "Nobody is signed in: the credentials answered no token. Sign in; syncing goes on by itself when there is a token.")
    {
        Fault = new GatewayFault { Kind = Sync.SessionFaultKind.Unauthenticated },
    };

    public static SyncException CannotReach(Uri gateway, Exception cause) => Retried(
        Unreachable,
        $"Cannot reach {Address(gateway)}: {CauseOf(cause)}. Is the gateway running? Check the address, the port and the network; "
        + "it is tried again by itself.",
        cause);

    public static SyncException NoAnswer(Uri gateway, string call, TimeSpan timeout) => Retried(
        TimedOut,
        $"{Address(gateway)} did not answer {call} within {timeout.TotalSeconds:0.#} s. It is tried again by itself; raise "
        + "SyncStoreOptions.CallTimeout on slow networks.");

    public static SyncException StreamEnded(string call) => Retried(
        Unavailable, $"The gateway ended the stream of {call} before its time. It is connected again by itself.");

    public static SyncException DoesNotFit(string fact) => Retried(
        UnexpectedAnswer, $"The gateway answered what does not fit the protocol: {fact.TrimEnd('.')}. Nothing of the answer was applied.");

    public static SyncException OtherAccount() => new(AccountMismatch, $"The gateway serves another user than this database holds. {RemedyOf(AccountMismatch)}")
    {
        Fault = new GatewayFault { Kind = Sync.SessionFaultKind.Refused },
    };

    public static SyncException IsPaused() => new(Paused, "Syncing is paused. Call Resume() first.");

    public static SyncException StoreClosed() => new(Closed, "The store was closed before the sync was done. Open it and sync again.");

    public static SyncException UnexpectedFault(Exception cause) => Retried(
        Unexpected, $"Syncing met a fault of its own: {cause.Message} The log tells more; it is tried again by itself.", cause);

    public static string Address(Uri gateway) => gateway.GetLeftPart(UriPartial.Authority);

    private static SyncException Retried(string code, string message, Exception? cause = null) =>
        new(code, message, isTransient: true, innerException: cause)
        {
            Fault = new GatewayFault { Kind = Sync.SessionFaultKind.Retry, Status = (cause as RpcException)?.StatusCode ?? StatusCode.OK },
        };

    /// <summary>The innermost message says what happened ("Connection refused"); the outer ones only where.</summary>
    private static string CauseOf(Exception exception)
    {
        var inner = (exception as RpcException)?.Status.DebugException ?? exception;
        while (inner.InnerException is { } next) inner = next;
        var text = inner is RpcException rpc ? rpc.Status.Detail : inner.Message;
        return text.TrimEnd('.', ' ').ToLowerInvariant() is "connection refused" ? "connection refused" : text.TrimEnd('.', ' ');
    }
}
