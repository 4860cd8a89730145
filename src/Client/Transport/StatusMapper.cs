using System.Globalization;
using System.Text.RegularExpressions;
using Google.Rpc;
using Grpc.Core;
using OrleansSync.Client.Sync;

namespace OrleansSync.Client.Transport;

/// <summary>Turns a failed call into the library's exception: which code, whether it passes, when to come back, what it means.</summary>
internal static partial class StatusMapper
{
    public static SyncException Map(RpcException failure, Uri gateway)
    {
        // Set only where this side made the status up: no answer of the server's arrived.
        if (failure.Status.DebugException is not null) return SyncErrorCodes.CannotReach(gateway, failure);

        var details = failure.GetRpcStatus();
        var info = details?.GetDetail<ErrorInfo>();
        var reason = info is { Domain: GatewayReasons.Domain } ? info.Reason : null;
        var (code, kind) = Classify(failure.StatusCode, reason);
        var operation = OperationIn(details?.GetDetail<BadRequest>());
        var retryAfter = details?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
        var fact = failure.Status.Detail is { Length: > 0 } detail ? detail : failure.StatusCode.ToString();
        if (info is not null && info.Metadata.TryGetValue(GatewayReasons.SupportedKey, out var supported)) fact += $" (Served: {supported}.)";

        return new SyncException(
            code,
            $"{SyncErrorCodes.Address(gateway)} answered: {fact} {SyncErrorCodes.RemedyOf(code)}",
            isTransient: IsTransient(code),
            retryAfter is { } after && after > TimeSpan.Zero ? after : null,
            failure)
        {
            Fault = new GatewayFault
            {
                Kind = kind,
                Status = failure.StatusCode,
                CountsAgainstOperations = reason is not null && code is SyncErrorCodes.Malformed or SyncErrorCodes.ServerFault,
                Operation = operation,
                RestartsPull = code == SyncErrorCodes.CursorRefused,
                OtherLineage = reason is GatewayReasons.LineageChanged or GatewayReasons.CursorAhead,
                NeedsHandshake = code == SyncErrorCodes.SessionUnknown,
            },
        };
    }

    private static (string Code, SessionFaultKind Kind) Classify(StatusCode status, string? reason) => (reason, status) switch
    {
        (GatewayReasons.ProtocolVersion, _) => (SyncErrorCodes.ProtocolVersion, SessionFaultKind.Refused),
        (GatewayReasons.DeviceRevoked, _) => (SyncErrorCodes.DeviceRevoked, SessionFaultKind.Refused),
        (GatewayReasons.AccountMismatch, _) => (SyncErrorCodes.AccountMismatch, SessionFaultKind.Refused),
        (GatewayReasons.DeviceCloned, _) => (SyncErrorCodes.DeviceCloned, SessionFaultKind.Refused),
        (GatewayReasons.TooManyDevices, _) => (SyncErrorCodes.TooManyDevices, SessionFaultKind.Refused),
        (GatewayReasons.SessionUnknown or GatewayReasons.DeviceUnknown, _) => (SyncErrorCodes.SessionUnknown, SessionFaultKind.Retry),
        (GatewayReasons.LineageChanged or GatewayReasons.CursorExpired or GatewayReasons.CursorAhead or GatewayReasons.PageTokenInvalid, _) =>
            (SyncErrorCodes.CursorRefused, SessionFaultKind.Retry),
        // Says that a batch is too large, not that the server is busy: waiting does not help.
        (GatewayReasons.MessageTooLarge, _) => (SyncErrorCodes.Malformed, SessionFaultKind.Retry),
        (_, StatusCode.Unauthenticated) => (SyncErrorCodes.Unauthenticated, SessionFaultKind.Unauthenticated),
        (_, StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Aborted or StatusCode.DeadlineExceeded) =>
            (SyncErrorCodes.Unavailable, SessionFaultKind.Retry),
        (_, StatusCode.ResourceExhausted) => (SyncErrorCodes.Overloaded, SessionFaultKind.Retry),
        (_, StatusCode.InvalidArgument or StatusCode.OutOfRange) => (SyncErrorCodes.Malformed, SessionFaultKind.Retry),
        (_, StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss) => (SyncErrorCodes.ServerFault, SessionFaultKind.Retry),
        (_, StatusCode.Unimplemented) => (SyncErrorCodes.NotServed, SessionFaultKind.Retry),
        (_, StatusCode.PermissionDenied) => (SyncErrorCodes.Forbidden, SessionFaultKind.Retry),
        _ => (SyncErrorCodes.OtherStatus, SessionFaultKind.Retry),
    };

    private static bool IsTransient(string code) => code
        is SyncErrorCodes.Unavailable or SyncErrorCodes.Overloaded or SyncErrorCodes.SessionUnknown
        or SyncErrorCodes.CursorRefused or SyncErrorCodes.ServerFault;

    private static (int Index, string Description)? OperationIn(BadRequest? request)
    {
        foreach (var violation in request?.FieldViolations ?? [])
        {
            if (OperationPath().Match(violation.Field) is { Success: true } match
                && int.TryParse(match.Groups["index"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                return (index, $"{violation.Field}: {violation.Description}");
            }
        }

        return null;
    }

    [GeneratedRegex(@"(^|\.)operations\[(?<index>[0-9]+)\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex OperationPath();
}
