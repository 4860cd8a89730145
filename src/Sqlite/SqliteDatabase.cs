using OrleansSync.Sqlite.Gathering;
using SQLitePCL;
using static SQLitePCL.raw;

namespace OrleansSync.Sqlite;

/// <summary>
/// A connection for one thread at a time. Straight on the C API rather than ADO.NET, because a database's single writer is its
/// limit: values are bound from spans without a box or a copy per value, and its owner needs what ADO.NET hides (the changes
/// of a statement that is reused, whether an error has ended the transaction).
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly List<SqliteStatement> _statements = [];

    static SqliteDatabase() => Batteries_V2.Init();

    public SqliteDatabase(string path, TimeSpan busyTimeout)
    {
        // NOMUTEX: the callers already see to it that one thread at a time uses a connection.
        var code = sqlite3_open_v2(path, out var handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, GatheringVfs.Name);
        Handle = handle;
        try
        {
            if (code != SQLITE_OK) throw Error("open");
            sqlite3_extended_result_codes(Handle, 1);
            sqlite3_busy_timeout(Handle, (int)busyTimeout.TotalMilliseconds);
        }
        catch
        {
            Handle.Dispose();
            throw;
        }
    }

    internal sqlite3 Handle { get; }

    /// <summary>Some errors end the transaction by themselves.</summary>
    public bool InTransaction => sqlite3_get_autocommit(Handle) == 0;

    /// <summary>Rows changed by the last insert, update or delete.</summary>
    public int Changes => NativeSqlite.IsTheLibrary ? NativeSqlite.Changes(Handle.DangerousGetHandle()) : sqlite3_changes(Handle);

    /// <summary>Rows changed since the connection was opened, also by what has been rolled back.</summary>
    public int TotalChanges => sqlite3_total_changes(Handle);

    /// <summary>Pages written to the log or the file since this was asked last.</summary>
    public int TakePagesWritten()
    {
        const int Reset = 1;
        _ = sqlite3_db_status(Handle, SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, Reset);
        return pages;
    }

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (sqlite3_prepare_v3(Handle, sql, SQLITE_PREPARE_PERSISTENT, out var statement) != SQLITE_OK) throw Error(sql);
        var prepared = new SqliteStatement(this, statement, sql);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Runs one statement that is not worth keeping; the first column of its first row, as text.</summary>
    public string? Execute(string sql)
    {
        if (sqlite3_prepare_v2(Handle, sql, out var handle) != SQLITE_OK) throw Error(sql);
        using var statement = new SqliteStatement(this, handle, sql);
        string? first = null;
        for (var row = 0; statement.Step(); row++)
        {
            if (row == 0) first = statement.IsNull(0) ? null : statement.Text(0);
        }

        return first;
    }

    /// <summary>Runs statements one after the other; rows they have are passed over.</summary>
    public void RunScript(string sql)
    {
        if (sqlite3_exec(Handle, sql) != SQLITE_OK) throw Error(sql);
    }

    internal SqliteError Error(string sql) =>
        new(sqlite3_extended_errcode(Handle), sqlite3_errmsg(Handle).utf8_to_string(), sql);

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        Handle.Dispose();
    }
}
