using SQLitePCL;
using static SQLitePCL.raw;

namespace OrleansSync.Sqlite;

/// <summary>
/// A statement of SQLite's. Calls go straight to the library where it is the one that SQLitePCLRaw uses, which spares each two atomic
/// operations: its owner is one thread that disposes of it when it is done. Values are copied by SQLite.
/// </summary>
/// <param name="statement">The statement.</param>
/// <param name="direct">Whether SQLitePCLRaw uses that library: <see cref="NativeSqlite.IsTheLibrary"/>.</param>
internal unsafe struct StatementHandle(sqlite3_stmt statement, bool direct) : IDisposable
{
    // SQLITE_TRANSIENT: SQLite copies the value before the call returns.
    private const nint Copied = -1;

    // 0: another library, or disposed of, which SQLitePCLRaw tells who calls.
    private nint _address = direct ? statement.DangerousGetHandle() : 0;

    public readonly int BindInt64(int parameter, long value) =>
        _address != 0 ? NativeSqlite.BindInt64(_address, parameter, value) : sqlite3_bind_int64(statement, parameter, value);

    public readonly int BindDouble(int parameter, double value) =>
        _address != 0 ? NativeSqlite.BindDouble(_address, parameter, value) : sqlite3_bind_double(statement, parameter, value);

    public readonly int BindNull(int parameter) =>
        _address != 0 ? NativeSqlite.BindNull(_address, parameter) : sqlite3_bind_null(statement, parameter);

    public readonly int BindText(int parameter, ReadOnlySpan<byte> utf8)
    {
        // An empty span may have no address, which SQLite would take for NULL.
        if (_address == 0) return utf8.IsEmpty ? sqlite3_bind_text(statement, parameter, "") : sqlite3_bind_text(statement, parameter, utf8);
        byte nothing;
        fixed (byte* bytes = utf8) return NativeSqlite.BindText(_address, parameter, bytes is null ? &nothing : bytes, utf8.Length, Copied);
    }

    public readonly int BindBlob(int parameter, ReadOnlySpan<byte> blob)
    {
        if (_address == 0) return blob.IsEmpty ? sqlite3_bind_zeroblob(statement, parameter, 0) : sqlite3_bind_blob(statement, parameter, blob);
        byte nothing;
        fixed (byte* bytes = blob) return NativeSqlite.BindBlob(_address, parameter, bytes is null ? &nothing : bytes, blob.Length, Copied);
    }

    public readonly int Step() => _address != 0 ? NativeSqlite.Step(_address) : sqlite3_step(statement);

    public readonly int Reset() => _address != 0 ? NativeSqlite.Reset(_address) : sqlite3_reset(statement);

    public readonly int ColumnType(int column) =>
        _address != 0 ? NativeSqlite.ColumnType(_address, column) : sqlite3_column_type(statement, column);

    public readonly long ColumnInt64(int column) =>
        _address != 0 ? NativeSqlite.ColumnInt64(_address, column) : sqlite3_column_int64(statement, column);

    /// <summary>A text's UTF-8 or a blob; valid until the next step.</summary>
    public readonly ReadOnlySpan<byte> ColumnBytes(int column)
    {
        if (_address == 0) return sqlite3_column_blob(statement, column);
        // In this order: the first call may bring the value into its form, and with that to its length.
        var bytes = NativeSqlite.ColumnBlob(_address, column);
        return new ReadOnlySpan<byte>(bytes, NativeSqlite.ColumnBytes(_address, column));
    }

    public void Dispose()
    {
        _address = 0;
        statement.Dispose();
    }
}
