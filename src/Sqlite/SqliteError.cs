using static SQLitePCL.raw;

namespace OrleansSync.Sqlite;

/// <summary>A call of SQLite failed. The store and the client library show it to nobody: they throw exceptions of their own.</summary>
internal sealed class SqliteError(int extendedCode, string message, string sql)
    : Exception($"SQLite error {extendedCode & 0xFF} ({extendedCode}): {message} [{sql}]")
{
    public int ExtendedCode { get; } = extendedCode;

    public int Code => ExtendedCode & 0xFF;

    /// <summary>The fault is in the values of one statement, and would be there at the next attempt too.</summary>
    public bool IsOfTheData => Code is SQLITE_CONSTRAINT or SQLITE_TOOBIG or SQLITE_MISMATCH;
}
