using System.Buffers;
using Npgsql;

namespace OrleansSync.Storage.Postgres.Reading;

/// <summary>The bytes of a row's columns, read without an object for each. Its memory is pooled: dispose it once.</summary>
internal sealed class ColumnBuffer : IDisposable
{
    private const int Size = 4 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Size);
    private int _length;

    /// <summary>The next row follows.</summary>
    public void Clear() => _length = 0;

    /// <summary>A column as it was sent: a text is UTF-8. Where it lies.</summary>
    public Range Read(NpgsqlDataReader row, int column)
    {
        var size = checked((int)row.GetBytes(column, 0, null, 0, 0));
        EnsureFree(size);
        row.GetBytes(column, 0, _bytes, _length, size);
        _length += size;
        return (_length - size).._length;
    }

    public ReadOnlySpan<byte> Of(Range range) => _bytes.AsSpan(range);

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private void EnsureFree(int size)
    {
        if (_bytes.Length - _length >= size) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + size), _bytes.Length * 2));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
