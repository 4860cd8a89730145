using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using OrleansSync.Core;

namespace OrleansSync.Gateway.Errors;

/// <summary>The one place where errors become google.rpc.Status: code, fact and remedy for people, details for programs.</summary>
internal static class SyncErrors
{
    /// <summary>When a device should try again after a fault of the server.</summary>
    public static readonly TimeSpan RetryAfterFault = TimeSpan.FromSeconds(1);

    public static RpcException TokenMissing() => Error(
        Reasons.TokenMissing, "There is no bearer token. Send the header authorization: Bearer <token>.");

    public static RpcException TokenInvalid(string fact) => Error(Reasons.TokenInvalid, fact);

    /// <summary>The served versions are in ErrorInfo.metadata["supported"], apart by commas.</summary>
    public static RpcException ProtocolVersion(int version)
    {
        var served = string.Join(",", Protocol.ProtocolVersion.Supported);
        return Error(
            Reasons.ProtocolVersion,
            $"Protocol version {version} is not served; {served} is. Update the older side.",
            new ErrorInfo { Metadata = { ["supported"] = served } },
            Precondition("PROTOCOL_VERSION", "protocol_version", $"The server speaks {served}."));
    }

    public static RpcException SessionUnknown() => Error(
        Reasons.SessionUnknown,
        "The session is not one of this user's devices. Call Handshake and use the session token it answers.",
        Precondition("SESSION", "session", "The device must have shaken hands, and the token must be the one it was given last."));

    public static RpcException AccountMismatch() => Error(
        Reasons.AccountMismatch,
        "The device's data is of another user than the credentials. Sign in as that user, or use a database of this one.",
        Precondition("SESSION", "account", "The account must be the one that the server named to this device."));

    public static RpcException DeviceCloned() => Error(
        Reasons.DeviceCloned,
        "Another copy of this device's database went on without this one. Take a new device id and shake hands again.",
        Precondition("SESSION", "session_token", "The token must be one this device can hold."));

    public static RpcException DeviceRevoked() => Error(
        Reasons.DeviceRevoked, "The device was revoked. It neither writes nor reads any more.");

    public static RpcException DeviceUnknown() => Error(Reasons.DeviceUnknown, "The user has no such device.");

    public static RpcException TooManyDevices() => Error(
        Reasons.TooManyDevices,
        "The user has as many devices as are allowed. Revoke one that is not used any more.",
        Quota("devices", "Devices of a user that are not revoked."));

    public static RpcException LineageChanged() => Error(
        Reasons.LineageChanged,
        "The server was restored to an earlier point, and the cursor is from before it. Start again from the beginning.",
        Precondition("CURSOR", "cursor.lineage", "The cursor must be of the server's lineage."));

    public static RpcException CursorExpired() => Error(
        Reasons.CursorExpired,
        "Deletions after the cursor are no longer on record. Start again from the beginning.",
        Precondition("CURSOR", "cursor.sequence", "The cursor must not lie below the horizon."));

    public static RpcException CursorAhead() => Error(
        Reasons.CursorAhead,
        "The cursor is above everything the server has. Start again from the beginning.",
        Precondition("CURSOR", "cursor.sequence", "The cursor must not lie above the head."));

    public static RpcException PageTokenInvalid() => Error(
        Reasons.PageTokenInvalid,
        "The page token is none of this server's, or of another cursor or other types. Leave it out to start at the cursor.",
        Violation("page_token", "Take it from a page with the same cursor and types."));

    public static RpcException AdminNotEnabled() => Error(
        Reasons.AdminNotEnabled,
        "The admin service is not enabled. Name the claim of operators and its value in OrleansSync:Operators:Claim and OrleansSync:Operators:Value.",
        Precondition("CONFIGURATION", "OrleansSync:Operators", "The server must be told who is an operator."));

    public static RpcException NotOperator() => Error(
        Reasons.NotOperator, "The credentials are not an operator's. Get a token with the claim that this server is configured with.");

    public static RpcException DeadLetterUnknown() => Error(
        Reasons.DeadLetterUnknown, "The user has no such dead letter: it was discarded, is too old, or never was.");

    public static RpcException ReplaysExhausted() => Error(
        Reasons.ReplaysExhausted,
        "The dead letter was replayed and refused as often as one can be. Discard it and write what is wanted anew.",
        Precondition("DEAD_LETTER", "operation_id", "A letter can be replayed and refused 16 times."));

    public static RpcException ListTokenInvalid() => Error(
        Reasons.PageTokenInvalid,
        "The page token is none of this server's. Leave it out to start with the latest.",
        Violation("page_token", "Take it from a page before."));

    public static RpcException MessageMalformed() => Error(
        Reasons.MessageMalformed, "The message is no protocol buffer of the call's request type.");

    public static RpcException MessageTooLarge(int limit) => Error(
        Reasons.MessageTooLarge,
        $"The message is larger than {limit} bytes. Send smaller batches; the handshake tells the limits.",
        Quota("message_bytes", $"At most {limit} bytes."));

    public static RpcException OpenMissing() => Error(
        Reasons.OpenMissing, "The first message of a push must be open.", Violation("open", "Send it before any batch."));

    public static RpcException OpenRepeated() => Error(
        Reasons.OpenRepeated, "A push is opened once; afterwards it carries batches.", Violation("open", "Send it once."));

    public static RpcException BatchNumber(long number, long expected) => Error(
        Reasons.BatchNumber,
        $"The batch has number {number}; {expected} is next on this stream.",
        Violation("batch.number", "Counts 1, 2, 3 … on each stream."));

    /// <summary>A message that breaks a rule; the path is the field's, as the .proto files name it.</summary>
    public static RpcException Of(Fault fault) => Error(
        Reasons.Of(fault.Code), $"{fault.Path}: {fault.Message}", Violation(fault.Path, fault.Message));

    public static RpcException CounterAhead(string field, long clock, long ahead) => Error(
        Reasons.CounterAhead,
        $"{field}: more than {ahead} ahead of the user's clock, which stands at {clock}. Shake hands, and advance past the clock.",
        new ErrorInfo { Metadata = { ["clock"] = clock.ToString() } },
        Violation(field, $"At most {ahead} ahead of the clock."));

    public static RpcException WindowExceeded(int window) => Error(
        Reasons.WindowExceeded,
        $"More than {window} batches are unacknowledged. Wait for an acknowledgement before the next batch.",
        Quota("batches_in_flight", $"At most {window} unacknowledged batches on a stream."));

    public static RpcException QueueFull(TimeSpan retryAfter) => Error(
        Reasons.QueueFull,
        "The user's queue is full; the batch was not taken. Try again later.",
        Retry(retryAfter),
        Quota("queue", "Operations of one user that wait to be committed."));

    public static RpcException Unavailable(TimeSpan retryAfter) => Error(
        Reasons.ServerUnavailable,
        "The server cannot answer now. Whatever was sent may be sent again: it takes effect once.",
        Retry(retryAfter));

    public static RpcException ShuttingDown() => Error(
        Reasons.ShuttingDown, "The server is shutting down. Connect again.", Retry(RetryAfterFault));

    public static RpcException DeviceLeft() => Error(Reasons.DeviceLeft, "The device has left before the call was answered.");

    public static RpcException Internal() => Error(
        Reasons.Internal, "The server met a fault of its own; its log tells more. What was sent may be sent again.");

    private static RpcException Error(Reason reason, string message, params IMessage[] details)
    {
        var status = new Google.Rpc.Status { Code = (int)reason.Code, Message = message };
        var info = details.OfType<ErrorInfo>().FirstOrDefault() ?? new ErrorInfo();
        info.Domain = Reasons.Domain;
        info.Reason = reason.Name;
        status.Details.Add(Any.Pack(info));
        foreach (var detail in details)
        {
            if (detail is not ErrorInfo) status.Details.Add(Any.Pack(detail));
        }

        return status.ToRpcException();
    }

    private static BadRequest Violation(string field, string description) =>
        new() { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = description } } };

    private static PreconditionFailure Precondition(string type, string subject, string description) => new()
    {
        Violations = { new PreconditionFailure.Types.Violation { Type = type, Subject = subject, Description = description } },
    };

    private static QuotaFailure Quota(string subject, string description) =>
        new() { Violations = { new QuotaFailure.Types.Violation { Subject = subject, Description = description } } };

    private static RetryInfo Retry(TimeSpan after) => new() { RetryDelay = Duration.FromTimeSpan(after) };
}
