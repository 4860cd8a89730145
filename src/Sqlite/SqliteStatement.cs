using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace OrleansSync.Sqlite;

/// <summary>A prepared statement, reused. Values are bound in the order of the statement's parameters; SQLite copies them.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt statement, string sql) : IDisposable
{
    private const int OnStack = 512;

    // Replacing what has no UTF-8 would make two texts one: it throws instead.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private StatementHandle _handle = new(statement, NativeSqlite.IsTheLibrary);
    private int _bound;

    public SqliteStatement Bind(long value)
    {
        Check(_handle.BindInt64(++_bound, value));
        return this;
    }

    public SqliteStatement Bind(double value)
    {
        Check(_handle.BindDouble(++_bound, value));
        return this;
    }

    public SqliteStatement BindNull()
    {
        Check(_handle.BindNull(++_bound));
        return this;
    }

    /// <exception cref="EncoderFallbackException">A lone surrogate.</exception>
    public SqliteStatement Bind(string text)
    {
        var max = Strict.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var buffer = max <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(max);
        try
        {
            return BindUtf8(buffer[..Strict.GetBytes(text, buffer)]);
        }
        catch (EncoderFallbackException)
        {
            Reset();
            throw;
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public SqliteStatement BindUtf8(ReadOnlySpan<byte> text)
    {
        Check(_handle.BindText(++_bound, text));
        return this;
    }

    public SqliteStatement Bind(ReadOnlySpan<byte> blob)
    {
        Check(_handle.BindBlob(++_bound, blob));
        return this;
    }

    public SqliteStatement Bind(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(bytes);
    }

    public SqliteStatement Bind(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Bind(bytes);
    }

    /// <summary>For <c>using</c>: the statement is reset at the end of the block, however that comes.</summary>
    public Rows Query() => new(this);

    /// <summary>True: a row is there.</summary>
    public bool Step()
    {
        var code = _handle.Step();
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        throw Fail();
    }

    /// <summary>Runs a statement without rows; how many rows it changed.</summary>
    public int Run()
    {
        while (Step()) { }
        Reset();
        return database.Changes;
    }

    /// <summary>Ends the statement: it holds no lock and no snapshot any more, and takes new values.</summary>
    public void Reset()
    {
        _bound = 0;
        // Its code repeats that of the last step, which has been reported.
        _ = _handle.Reset();
    }

    public bool IsNull(int column) => _handle.ColumnType(column) == SQLITE_NULL;

    public long Int64(int column) => _handle.ColumnInt64(column);

    public int Int32(int column) => checked((int)_handle.ColumnInt64(column));

    /// <summary>A text's UTF-8 or a blob; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => _handle.ColumnBytes(column);

    /// <summary>The same as an array of its own.</summary>
    public byte[] Blob(int column) => Bytes(column).ToArray();

    public bool IsInteger(int column) => _handle.ColumnType(column) == SQLITE_INTEGER;

    public string Text(int column) => Strict.GetString(Bytes(column));

    public Guid Guid(int column) => new(Bytes(column), bigEndian: true);

    public UInt128 UInt128(int column) => BinaryPrimitives.ReadUInt128BigEndian(Bytes(column));

    public void Dispose() => _handle.Dispose();

    /// <summary>The rows of one execution.</summary>
    internal readonly ref struct Rows(SqliteStatement statement)
    {
        public bool Read() => statement.Step();

        public void Dispose() => statement.Reset();
    }

    private void Check(int code)
    {
        if (code != SQLITE_OK) throw Fail();
    }

    private SqliteError Fail()
    {
        var error = database.Error(sql);
        Reset();
        return error;
    }
}
