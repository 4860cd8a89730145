using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace OrleansSync.Sqlite;

/// <summary>A prepared statement, reused. Values are bound in the order of the statement's parameters; SQLite copies them.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle, string sql) : IDisposable
{
    private const int OnStack = 512;

    // Replacing what has no UTF-8 would make two texts one: it throws instead.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private int _bound;

    public SqliteStatement Bind(long value)
    {
        Check(sqlite3_bind_int64(handle, ++_bound, value));
        return this;
    }

    public SqliteStatement Bind(double value)
    {
        Check(sqlite3_bind_double(handle, ++_bound, value));
        return this;
    }

    public SqliteStatement BindNull()
    {
        Check(sqlite3_bind_null(handle, ++_bound));
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
        // An empty span has no address, which SQLite would take for NULL.
        Check(text.IsEmpty ? sqlite3_bind_text(handle, ++_bound, "") : sqlite3_bind_text(handle, ++_bound, text));
        return this;
    }

    public SqliteStatement Bind(ReadOnlySpan<byte> blob)
    {
        Check(blob.IsEmpty ? sqlite3_bind_zeroblob(handle, ++_bound, 0) : sqlite3_bind_blob(handle, ++_bound, blob));
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
        var code = sqlite3_step(handle);
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
        _ = sqlite3_reset(handle);
    }

    public bool IsNull(int column) => sqlite3_column_type(handle, column) == SQLITE_NULL;

    public long Int64(int column) => sqlite3_column_int64(handle, column);

    public int Int32(int column) => checked((int)sqlite3_column_int64(handle, column));

    /// <summary>A text's UTF-8 or a blob; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(handle, column);

    /// <summary>The same as an array of its own.</summary>
    public byte[] Blob(int column) => Bytes(column).ToArray();

    public bool IsInteger(int column) => sqlite3_column_type(handle, column) == SQLITE_INTEGER;

    public string Text(int column) => Strict.GetString(Bytes(column));

    public Guid Guid(int column) => new(Bytes(column), bigEndian: true);

    public UInt128 UInt128(int column) => BinaryPrimitives.ReadUInt128BigEndian(Bytes(column));

    public void Dispose() => handle.Dispose();

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
