using Npgsql;

namespace OrleansSync.Storage.Postgres;

/// <summary>What a failed statement means.</summary>
internal enum FaultKind
{
    /// <summary>Nothing was committed, and trying again may help.</summary>
    Unavailable = 1,

    /// <summary>Nothing was committed: a value cannot be stored, and will not be next time.</summary>
    OfTheData = 2,

    /// <summary>It may have been committed.</summary>
    Unknown = 3,
}

internal static class PostgresFaults
{
    // Data exceptions, and integrity constraint violations.
    private const string DataClass = "22";
    private const string IntegrityClass = "23";

    /// <summary>
    /// An ERROR that the server answered has undone the statement. Anything else that ends it (a FATAL, a connection that
    /// broke, a time-out, after which the server may still be at work) leaves open whether it was committed.
    /// </summary>
    public static FaultKind KindOf(Exception fault)
    {
        if (fault is not PostgresException { InvariantSeverity: "ERROR" } error) return FaultKind.Unknown;
        return error.SqlState.StartsWith(DataClass, StringComparison.Ordinal) || error.SqlState.StartsWith(IntegrityClass, StringComparison.Ordinal)
            ? FaultKind.OfTheData
            : FaultKind.Unavailable;
    }

    /// <summary>The connection is gone, as all are after the database was restarted; another one may do.</summary>
    public static bool IsOfTheConnection(Exception fault) =>
        fault is IOException or PostgresException { InvariantSeverity: not "ERROR" } or (NpgsqlException and not PostgresException);

    /// <summary>The database, the way to it or the pool failed, and not this program.</summary>
    public static bool IsOfTheDatabase(Exception fault) => fault is NpgsqlException or TimeoutException or IOException or ObjectDisposedException;
}
