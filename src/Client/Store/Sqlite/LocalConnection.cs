using System.Diagnostics.CodeAnalysis;
using OrleansSync.Sqlite;

namespace OrleansSync.Client.Store.Sqlite;

/// <summary>
/// One connection with its prepared statements. Parameters are ?1, ?2, …, given in this order. Not thread-safe; a statement cannot run
/// again while its rows are being read.
/// </summary>
internal sealed class LocalConnection : IDisposable
{
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(30);

    private readonly SqliteDatabase _database;
    private readonly Dictionary<string, SqliteStatement> _statements = new(new SqlTexts());

    private bool _syncsCommits = true;

    private LocalConnection(SqliteDatabase database) => _database = database;

    /// <summary>No transaction is open. SQLite ends one by itself after some failures, such as a full disk.</summary>
    public bool InAutocommit => !_database.InTransaction;

    /// <summary>How many statements have run that may have written something.</summary>
    public long Writes { get; private set; }

    /// <summary>
    /// Each commit waits for the disk, as it does from the start (synchronous = FULL). Off: the log is synced with the next commit that
    /// does, or a checkpoint; commits keep their order, so what a power cut can take is the last of them. Outside a transaction.
    /// </summary>
    public bool SyncsCommits
    {
        get => _syncsCommits;
        set
        {
            if (value == _syncsCommits) return;
            Execute(value ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            _syncsCommits = value;
        }
    }

    /// <exception cref="SqliteError">The file cannot be opened.</exception>
    public static LocalConnection Open(string path, bool readOnly)
    {
        // Not opened read-only for readers: the first reader of a WAL file may have to create its shared memory.
        var opened = new LocalConnection(new SqliteDatabase(path, BusyTimeout));
        try
        {
            opened.RunScript(readOnly
                ? "PRAGMA query_only = 1;"
                : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;");
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Runs statements that are not worth keeping prepared.</summary>
    public void RunScript(string sql)
    {
        Writes++;
        _database.RunScript(sql);
    }

    /// <summary>Runs a statement; returns the number of rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<SqlValue> arguments)
    {
        Writes++;
        return Bind(sql, arguments).Run();
    }

    /// <summary>Commits the transaction that is open.</summary>
    public void Commit()
    {
        FaultPoints.Pass(FaultPoint.Committing);
        Execute("COMMIT");
        FaultPoints.Pass(FaultPoint.Committed);
    }

    /// <summary>The first column of the first row, an integer; <c>null</c> where there is none or it is NULL.</summary>
    public long? Number(string sql, params ReadOnlySpan<SqlValue> arguments)
    {
        var statement = Bind(sql, arguments);
        using var rows = statement.Query();
        return rows.Read() && !statement.IsNull(0) ? statement.Int64(0) : null;
    }

    /// <summary>All rows of a result.</summary>
    public List<T> Query<T>(string sql, Func<SqliteStatement, T> read, params ReadOnlySpan<SqlValue> arguments)
    {
        var result = new List<T>();
        var statement = Bind(sql, arguments);
        using var rows = statement.Query();
        while (rows.Read()) result.Add(read(statement));
        return result;
    }

    /// <summary>The first row of a result, or the default.</summary>
    public T? QueryFirst<T>(string sql, Func<SqliteStatement, T> read, params ReadOnlySpan<SqlValue> arguments)
    {
        var statement = Bind(sql, arguments);
        using var rows = statement.Query();
        return rows.Read() ? read(statement) : default;
    }

    /// <summary>Rows one after the other until the visitor answers false.</summary>
    /// <returns>True: it has seen all of them.</returns>
    public bool Scan(string sql, Func<SqliteStatement, bool> visit, params ReadOnlySpan<SqlValue> arguments)
    {
        var statement = Bind(sql, arguments);
        using var rows = statement.Query();
        while (rows.Read())
        {
            if (!visit(statement)) return false;
        }

        return true;
    }

    public void Dispose() => _database.Dispose();

    private SqliteStatement Bind(string sql, ReadOnlySpan<SqlValue> arguments)
    {
        if (!_statements.TryGetValue(sql, out var statement)) _statements.Add(sql, statement = _database.Prepare(sql));
        foreach (var argument in arguments) argument.BindTo(statement);
        return statement;
    }

    /// <summary>
    /// The texts are constants, the same objects each time, so comparing them costs nothing; hashing them whole would, at each use.
    /// </summary>
    private sealed class SqlTexts : IEqualityComparer<string>
    {
        public bool Equals(string? left, string? right) => string.Equals(left, right, StringComparison.Ordinal);

        public int GetHashCode([DisallowNull] string sql) => HashCode.Combine(sql.Length, sql[sql.Length / 2], sql[sql.Length / 3], sql[^1]);
    }
}
