using Microsoft.Extensions.Logging;

namespace OrleansSync.Storage.Postgres;

/// <summary>Every log message of the store. Ids are stable: 4100-4199.</summary>
internal static partial class Log
{
    [LoggerMessage(4101, LogLevel.Information,
        "The sync store is open: database {Database} on {Host}, {Flushers} flushers; schema scripts applied now: {Scripts}.")]
    public static partial void Opened(ILogger logger, string? host, string? database, int flushers, int scripts);

    [LoggerMessage(4102, LogLevel.Information, "The sync store is closed.")]
    public static partial void Closed(ILogger logger);

    [LoggerMessage(4103, LogLevel.Warning, "A statement of {Commits} commits failed; nothing of it is stored.")]
    public static partial void GroupFailed(ILogger logger, int commits, Exception error);

    [LoggerMessage(4104, LogLevel.Warning, "The end of a statement of {Commits} commits was not seen; claims will tell.")]
    public static partial void GroupUncertain(ILogger logger, int commits, Exception error);

    [LoggerMessage(4105, LogLevel.Warning, "The store cannot hold something among {Commits} commits; they are tried apart.")]
    public static partial void GroupSplit(ILogger logger, int commits, Exception error);

    [LoggerMessage(4110, LogLevel.Debug, "A key of one of {Commits} commits is there already; they are tried apart, and that one is refused.")]
    public static partial void GroupRefused(ILogger logger, int commits);

    [LoggerMessage(4106, LogLevel.Warning, "The store cannot hold a value of a round; nothing of the round is stored.")]
    public static partial void Unstorable(ILogger logger, Exception error);

    [LoggerMessage(4107, LogLevel.Information, "A scope was locked by another transaction {Times} times; its round commits alone.")]
    public static partial void CommitsAlone(ILogger logger, int times);

    [LoggerMessage(4109, LogLevel.Warning,
        "The database has {Setting} off: what devices are told is synced can be lost when it crashes. Turn it on.")]
    public static partial void NotDurable(ILogger logger, string setting);

    [LoggerMessage(4108, LogLevel.Error, "A flusher met a fault of its own; the ends of {Commits} commits are unknown.")]
    public static partial void FlusherFailed(ILogger logger, int commits, Exception error);
}
