using System.Text;
using Google.Protobuf;
using SQLitePCL;
using static SQLitePCL.raw;

namespace OrleansSync.Bench.Floor;

/// <summary>
/// A prepared statement, reused. Straight on SQLite's C API: ADO.NET would box each value of each write.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int OnStack = 256;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    public SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(sqlite3_prepare_v3(database, sql, SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public static sqlite3 Open(string file, string pragmas)
    {
        Batteries_V2.Init();
        var code = sqlite3_open_v2(file, out var database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, null);
        if (code == SQLITE_OK) code = sqlite3_exec(database, pragmas);
        if (code == SQLITE_OK) return database;
        using (database) throw new InvalidOperationException($"SQLite, {file}: {sqlite3_errmsg(database).utf8_to_string()}");
    }

    public SqliteStatement Bind(long value)
    {
        Check(sqlite3_bind_int64(_statement, ++_bound, value));
        return this;
    }

    public SqliteStatement Bind(string text)
    {
        var length = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = length <= OnStack ? stackalloc byte[OnStack] : new byte[length];
        Check(sqlite3_bind_text(_statement, ++_bound, utf8[..Encoding.UTF8.GetBytes(text, utf8)]));
        return this;
    }

    public SqliteStatement BindText(ByteString utf8)
    {
        Check(sqlite3_bind_text(_statement, ++_bound, utf8.Span));
        return this;
    }

    public SqliteStatement BindBlob(ByteString blob)
    {
        Check(sqlite3_bind_blob(_statement, ++_bound, blob.Span));
        return this;
    }

    /// <summary>True: a row is there.</summary>
    public bool Step()
    {
        var code = sqlite3_step(_statement);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        throw Error();
    }

    /// <summary>Runs it to its end; how many rows it changed.</summary>
    public int Run()
    {
        while (Step()) { }
        Reset();
        return sqlite3_changes(_database);
    }

    public void Reset()
    {
        _bound = 0;
        // Its code repeats that of the last step, which has been reported.
        _ = sqlite3_reset(_statement);
    }

    public long Int64(int column) => sqlite3_column_int64(_statement, column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != SQLITE_OK) throw Error();
    }

    private InvalidOperationException Error()
    {
        var message = sqlite3_errmsg(_database).utf8_to_string();
        if (_statement is not null) Reset();
        return new InvalidOperationException($"SQLite: {message}");
    }
}
