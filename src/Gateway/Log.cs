namespace OrleansSync.Gateway;

/// <summary>Everything the gateway logs. Event ids are stable; neither users' values nor ids are in the messages.</summary>
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
}
