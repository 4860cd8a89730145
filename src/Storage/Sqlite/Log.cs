using Microsoft.Extensions.Logging;

namespace OrleansSync.Storage.Sqlite;

internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Information, "The sync store {Path} is open (SQLite {Version}); schema scripts applied now: {Scripts}.")]
    public static partial void Opened(ILogger logger, string path, string version, int scripts);

    [LoggerMessage(4002, LogLevel.Information, "The sync store {Path} is closed.")]
    public static partial void Closed(ILogger logger, string path);

    [LoggerMessage(4003, LogLevel.Error, "A transaction of {Writes} writes failed before its commit; nothing of it is stored.")]
    public static partial void GroupFailed(ILogger logger, int writes, Exception error);

    [LoggerMessage(4004, LogLevel.Error, "The commit of {Writes} writes failed at its end; whether it is stored shows at the next claim.")]
    public static partial void CommitUncertain(ILogger logger, int writes, Exception error);

    [LoggerMessage(4005, LogLevel.Error, "A write failed by itself and was undone; the others of its transaction are not affected.")]
    public static partial void WriteFailed(ILogger logger, Exception error);

    [LoggerMessage(4006, LogLevel.Warning, "The store cannot hold a value of a round; the round was undone.")]
    public static partial void Unstorable(ILogger logger, Exception error);

    [LoggerMessage(4007, LogLevel.Warning, "A checkpoint of the log failed; it keeps what it holds, and the next checkpoint tries again.")]
    public static partial void CheckpointFailed(ILogger logger, Exception error);
}
