using System.Buffers;
using System.Buffers.Binary;
using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>
/// Rows one behind the other in few arrays. Pages travel so from the store to the gateway: what only passes through is bytes there, not
/// thousands of objects.
/// </summary>
/// <remarks>A row is its sequence and the lengths of its four parts, little-endian, and then the parts.</remarks>
[GenerateSerializer, Immutable, Alias("orleanssync.stored-rows")]
public sealed class StoredRows
{
    private const int Lengths = sizeof(long);
    private const int Header = Lengths + (4 * sizeof(int));

    // Arrays that are not large objects, which only full collections free.
    private const int BlockSize = 64 * 1024;

    [Id(0)]
    private readonly byte[][] _blocks;

    private StoredRows(byte[][] blocks, int count) => (_blocks, Count) = (blocks, count);

    public static StoredRows Empty { get; } = new([], 0);

    [Id(1)]
    public int Count { get; private set; }

    /// <summary>The last one.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public StoredRow Last => RowsOf(_blocks.Length > 0 ? _blocks[^1] : []).Last();

    public static StoredRows Of(IEnumerable<StoredRow> rows)
    {
        using var builder = new Builder();
        foreach (var row in rows) builder.Add(row.Parts);
        return builder.ToRows();
    }

    public IEnumerable<StoredRow> AsEnumerable() => _blocks.SelectMany(RowsOf);

    /// <summary>Each decoded when it is asked for.</summary>
    public IEnumerable<EntityRow> Decode() => AsEnumerable().Select(static row => row.Decode());

    private static IEnumerable<StoredRow> RowsOf(byte[] block)
    {
        for (var at = 0; at < block.Length;)
        {
            var row = Read(block, at);
            at += Header + row.Parts.Size;
            yield return row;
        }
    }

    private static StoredRow Read(byte[] block, int at)
    {
        var header = block.AsSpan(at, Header);
        var rest = block.AsMemory(at + Header);
        return new StoredRow(Next(header, 0), Next(header, 1), BinaryPrimitives.ReadInt64LittleEndian(header), Next(header, 2), Next(header, 3));

        ReadOnlyMemory<byte> Next(ReadOnlySpan<byte> header, int part)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(header[(Lengths + (part * sizeof(int)))..]);
            var bytes = rest[..size];
            rest = rest[size..];
            return bytes;
        }
    }

    /// <summary>Takes rows in as they are read. Its memory is pooled: dispose it once.</summary>
    public sealed class Builder : IDisposable
    {
        private readonly byte[] _open = ArrayPool<byte>.Shared.Rent(BlockSize);
        private readonly List<byte[]> _full = [];
        private int _length;

        public int Count { get; private set; }

        public void Add(RowParts row)
        {
            var size = Header + row.Size;
            if (_length + size > BlockSize) Close();
            Count++;
            if (size > BlockSize)
            {
                var own = new byte[size];
                Write(own, row);
                _full.Add(own);
                return;
            }

            Write(_open.AsSpan(_length, size), row);
            _length += size;
        }

        public StoredRows ToRows()
        {
            Close();
            return new StoredRows([.. _full], Count);
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_open);

        private void Close()
        {
            if (_length == 0) return;
            _full.Add(_open.AsSpan(0, _length).ToArray());
            _length = 0;
        }

        private static void Write(Span<byte> place, RowParts row)
        {
            BinaryPrimitives.WriteInt64LittleEndian(place, row.Sequence);
            var lengths = place[Lengths..];
            var parts = place[Header..];
            Write(ref lengths, ref parts, row.Type);
            Write(ref lengths, ref parts, row.Id);
            Write(ref lengths, ref parts, row.Document);
            Write(ref lengths, ref parts, row.Meta);
        }

        private static void Write(ref Span<byte> lengths, ref Span<byte> parts, ReadOnlySpan<byte> part)
        {
            BinaryPrimitives.WriteInt32LittleEndian(lengths, part.Length);
            part.CopyTo(parts);
            lengths = lengths[sizeof(int)..];
            parts = parts[part.Length..];
        }
    }
}
