using Microsoft.Extensions.Logging;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Sync;
using OrleansSync.Core;
using OperationBatch = OrleansSync.Client.OpLog.OperationBatch;

namespace OrleansSync.Client;

/// <summary>Every log event of the client. Event ids keep their meaning: 1000-1099 connection, 1100-1199 operations, 1200-1299 changes.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "Sync {Mode}, {Phase}")]
    public static partial void StateChanged(ILogger logger, SchedulerMode mode, SessionPhase phase);

    [LoggerMessage(1001, LogLevel.Debug, "Handshake done: the server's head is {Head}, the cursor is {Cursor}")]
    public static partial void HandshakeDone(ILogger logger, long head, long cursor);

    [LoggerMessage(1002, LogLevel.Warning, "Syncing was interrupted, next attempt in {Wait}: {Reason}")]
    public static partial void SessionFailed(ILogger logger, TimeSpan? wait, string reason);

    [LoggerMessage(1003, LogLevel.Error, "Syncing met a fault of its own")]
    public static partial void SessionFaulted(ILogger logger, Exception exception);

    [LoggerMessage(1004, LogLevel.Warning, "The credentials answered no other token")]
    public static partial void NoToken(ILogger logger);

    [LoggerMessage(1005, LogLevel.Error, "The credentials failed")]
    public static partial void CredentialsFailed(ILogger logger, Exception exception);

    [LoggerMessage(1006, LogLevel.Warning, "{Gateway} is plain http: the bearer token travels unencrypted")]
    public static partial void Unencrypted(ILogger logger, string gateway);

    [LoggerMessage(1007, LogLevel.Warning, "Another copy of this database has gone on: it is device {Device} now, and {Letters} operations are dead letters")]
    public static partial void DeviceRenewed(ILogger logger, Guid device, int letters);

    [LoggerMessage(1102, LogLevel.Debug, "Operation {Operation} on {Entity} is IN_FLIGHT in batch {Number}")]
    private static partial void OperationSent(ILogger logger, Guid operation, EntityKey entity, long number);

    [LoggerMessage(1103, LogLevel.Debug, "Operation {Operation} was answered {Outcome} at commit {Sequence}")]
    private static partial void OperationAnswered(ILogger logger, Guid operation, OutcomeKind outcome, long sequence);

    [LoggerMessage(1104, LogLevel.Warning, "Operation {Operation} was rejected: {Reason}. It is a dead letter now")]
    private static partial void OperationRejected(ILogger logger, Guid operation, RejectionReason reason);

    [LoggerMessage(1105, LogLevel.Warning, "Operation {Operation} was refused for good, {Code}: {Description}")]
    public static partial void OperationRefused(ILogger logger, Guid operation, string code, string description);

    [LoggerMessage(1106, LogLevel.Warning, "Operation {Operation} FAILED, {Code}")]
    private static partial void OperationFailed(ILogger logger, Guid operation, string code);

    [LoggerMessage(1107, LogLevel.Debug, "{Count} operations without an answer return to PENDING")]
    public static partial void ReturnedToPending(ILogger logger, int count);

    [LoggerMessage(1108, LogLevel.Debug, "Operation {Operation} became part of {Into}")]
    private static partial void OperationAbsorbed(ILogger logger, Guid operation, Guid into);

    [LoggerMessage(1109, LogLevel.Debug, "Operation {Operation} and what it undid became nothing")]
    private static partial void OperationVanished(ILogger logger, Guid operation);

    [LoggerMessage(1110, LogLevel.Error, "A listener that was told of a commit failed; what was committed is on the disk")]
    public static partial void ListenerFailed(ILogger logger, Exception exception);

    [LoggerMessage(1200, LogLevel.Debug, "Applied {Rows} rows and {Outcomes} outcomes; complete: {Complete}, cursor {Cursor}, head {Head}")]
    public static partial void PageApplied(ILogger logger, int rows, int outcomes, bool complete, long cursor, long head);

    [LoggerMessage(1201, LogLevel.Warning, "The pull starts again from the beginning: {Reason}")]
    public static partial void PullRestarts(ILogger logger, string reason);

    [LoggerMessage(1202, LogLevel.Debug, "Read {Rows} rows of {Type}, which was added; complete: {Complete}, head {Head}")]
    public static partial void FillApplied(ILogger logger, string type, int rows, bool complete, long head);

    [LoggerMessage(1203, LogLevel.Warning, "The rows of {Types} are not the server's at cursor {Cursor}; they are compared, and mended")]
    public static partial void DriftFound(ILogger logger, string types, long cursor);

    [LoggerMessage(1204, LogLevel.Information, "Compared {Types} types with {Rows} rows: {Mended} mended, {Dropped} dropped; {Bytes} bytes")]
    public static partial void Reconciled(ILogger logger, int types, long rows, int mended, int dropped, long bytes);

    [LoggerMessage(1205, LogLevel.Warning, "Rows of {Types} on this device's disk are not those that were written there")]
    public static partial void DigestsCorrected(ILogger logger, string types);

    [LoggerMessage(1206, LogLevel.Information, "The gateway is of a version that does not compare rows")]
    public static partial void ReconcileNotServed(ILogger logger);

    [LoggerMessage(1207, LogLevel.Warning, "The server was restored to an earlier point: {Operations} operations are sent to it again, and everything is pulled")]
    public static partial void ServerRestored(ILogger logger, int operations);

    [LoggerMessage(1208, LogLevel.Warning,
        "After the server's restore {Resent} operations were sent again, {Refused} of them refused; {Missing} entities are not as they were; operations that are not kept any more: {HasForgotten}")]
    public static partial void Recovered(ILogger logger, int resent, int refused, int missing, bool hasForgotten);

    public static void Absorbed(ILogger logger, IReadOnlyList<AbsorbedOperation> absorbed)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        foreach (var (operation, into) in absorbed)
        {
            if (into is { } other) OperationAbsorbed(logger, operation.Value, other.Value);
            else OperationVanished(logger, operation.Value);
        }
    }

    public static void BatchSent(ILogger logger, long number, OperationBatch batch)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        foreach (var operation in batch.Operations) OperationSent(logger, operation.Id.Value, operation.Entity, number);
    }

    public static void BatchAcknowledged(ILogger logger, IReadOnlyList<OperationOutcome> outcomes)
    {
        var each = logger.IsEnabled(LogLevel.Debug);
        foreach (var (outcome, _) in outcomes)
        {
            if (outcome.Kind == OutcomeKind.Rejected) OperationRejected(logger, outcome.Operation.Value, outcome.Reason);
            else if (each) OperationAnswered(logger, outcome.Operation.Value, outcome.Kind, outcome.Sequence);
        }
    }

    public static void BatchFailed(ILogger logger, string code, OperationBatch batch)
    {
        foreach (var operation in batch.Operations) OperationFailed(logger, operation.Id.Value, code);
    }
}
