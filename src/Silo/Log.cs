namespace OrleansSync.Silo;

/// <summary>Every log message of the silo's composition. Ids are stable: 4000-4999.</summary>
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Warning, "The database is not there yet ({Reason}); it is tried again.")]
    public static partial void DatabaseAwaited(ILogger logger, string reason);
}
