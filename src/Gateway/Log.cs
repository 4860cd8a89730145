using System.Collections.Immutable;
using OrleansSync.Core;

namespace OrleansSync.Gateway;

/// <summary>
/// Everything the gateway logs. Event ids are stable; neither users' values nor their ids are in the messages. 3050-3069, the life of
/// operations, name operations and devices, at Debug.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Warning, "{Method} was answered UNAVAILABLE: the silo or the store did not answer.")]
    public static partial void ServerUnavailable(ILogger logger, Exception exception, string method);

    [LoggerMessage(3002, LogLevel.Error, "{Method} failed with a fault of the server.")]
    public static partial void CallFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(3003, LogLevel.Debug, "A push stream opened.")]
    public static partial void PushOpened(ILogger logger);

    [LoggerMessage(3004, LogLevel.Debug, "A batch of {Operations} operations was acknowledged.")]
    public static partial void BatchAcknowledged(ILogger logger, int operations);

    [LoggerMessage(3005, LogLevel.Debug, "A watch stream reads the gap after sequence {Sequence}.")]
    public static partial void GapRead(ILogger logger, long sequence);

    [LoggerMessage(3006, LogLevel.Warning, "A watch lease could not be renewed; it is tried again in {Period}.")]
    public static partial void LeaseNotRenewed(ILogger logger, Exception exception, TimeSpan period);

    [LoggerMessage(3007, LogLevel.Debug, "A watch lease could not be given back; it ends by itself.")]
    public static partial void LeaseNotGivenBack(ILogger logger, Exception exception);

    [LoggerMessage(3008, LogLevel.Information, "A stream was ended: its device was revoked.")]
    public static partial void StreamRevoked(ILogger logger);

    [LoggerMessage(3009, LogLevel.Debug, "A device's status could not be kept.")]
    public static partial void StatusNotKept(ILogger logger, Exception exception);

    [LoggerMessage(3010, LogLevel.Information, "A batch or its answer is lost with a silo; its device sends it again.")]
    public static partial void PushLost(ILogger logger);

    [LoggerMessage(3011, LogLevel.Warning, "The connection to a silo is gone; {Silos} are left.")]
    public static partial void SiloLost(ILogger logger, int silos);

    [LoggerMessage(3012, LogLevel.Warning, "No silo is connected.")]
    public static partial void ClusterLost(ILogger logger);

    [LoggerMessage(3013, LogLevel.Warning, "No silo can be reached yet; it is tried again. {Reason}")]
    public static partial void SilosAwaited(ILogger logger, string reason);

    [LoggerMessage(3014, LogLevel.Warning, "The authority's keys cannot be had; callers are told to come back.")]
    public static partial void AuthorityUnreachable(ILogger logger, Exception exception);

    [LoggerMessage(3015, LogLevel.Debug, "A push stream is ended: more than its window of {Window} batches are on their way.")]
    public static partial void WindowExceeded(ILogger logger, int window);

    [LoggerMessage(3016, LogLevel.Warning, "The digest of type {Type} was not that of its {Rows} live rows at head {Head}, and is now.")]
    public static partial void DigestMended(ILogger logger, string type, long rows, long head);

    [LoggerMessage(3017, LogLevel.Information, "The digest of type {Type} is not that of its rows at head {Head}; a commit came before the mending.")]
    public static partial void DigestNotMended(ILogger logger, string type, long head);

    [LoggerMessage(3018, LogLevel.Warning, "The silo {Silo} is {Status}; leases it may have held are renewed.")]
    public static partial void SiloLeaving(ILogger logger, System.Net.IPEndPoint silo, SiloStatus status);

    [LoggerMessage(3050, LogLevel.Debug, "Operation {Operation} has arrived from device {Device} on type {Type}.")]
    private static partial void OperationReceived(ILogger logger, Guid operation, Guid device, string type);

    [LoggerMessage(3051, LogLevel.Debug, "Operation {Operation} is acknowledged: {Outcome} at commit {Sequence}.")]
    private static partial void OperationAcknowledged(ILogger logger, Guid operation, OutcomeKind outcome, long sequence);

    [LoggerMessage(3052, LogLevel.Debug, "Commit {Sequence} was written to the watch of device {Device}.")]
    public static partial void CommitSent(ILogger logger, long sequence, Guid device);

    [LoggerMessage(3053, LogLevel.Debug, "All up to commit {Sequence} was written to a stream of device {Device}.")]
    public static partial void GapSent(ILogger logger, long sequence, Guid device);

    public static void Received(ILogger logger, ImmutableArray<Operation> operations, DeviceId device)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        foreach (var operation in operations) OperationReceived(logger, operation.Id.Value, device.Value, operation.Entity.Type);
    }

    public static void Acknowledged(ILogger logger, ImmutableArray<Outcome> outcomes)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        foreach (var outcome in outcomes) OperationAcknowledged(logger, outcome.Operation.Value, outcome.Kind, outcome.Sequence);
    }
}
