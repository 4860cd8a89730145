using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansSync.Core;

/// <summary>
/// Writes the canonical forms: numbers as shortest LEB128 varints, texts and values behind their length, UUIDs as 16
/// big-endian bytes. One content has one sequence of bytes. The buffer is pooled: dispose exactly once, in a finally.
/// </summary>
internal ref struct CanonicalWriter
{
    public const int GuidSize = 16;
    private const int MaxVarint = 10;
    private const int MaxUtf8 = 3;

    // Its UTF-8 has at most 126 bytes, so its length takes one.
    private const int ShortText = 42;

    public static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _buffer;
    private int _length;

    public CanonicalWriter(int sizeHint) => _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    public void Byte(byte value)
    {
        EnsureFree(1);
        _buffer[_length++] = value;
    }

    public void Varint(ulong value)
    {
        EnsureFree(MaxVarint);
        while (value >= 0x80)
        {
            _buffer[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[_length++] = (byte)value;
    }

    /// <summary>A number that is not negative in valid data; a negative one takes ten bytes.</summary>
    public void Number(long value) => Varint((ulong)value);

    public void Number(int value) => Varint((uint)value);

    /// <summary>A number of either sign.</summary>
    public void Signed(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    public void Number128(Int128 value) => BinaryPrimitives.WriteInt128BigEndian(Reserve(16), value);

    public void Uuid(Guid value) => value.TryWriteBytes(Reserve(GuidSize), bigEndian: true, out _);

    /// <exception cref="ArgumentException">The text has a lone surrogate, so it has no UTF-8.</exception>
    public void Text(string value)
    {
        if (value.Length <= ShortText)
        {
            EnsureFree(1 + (value.Length * MaxUtf8));
            var written = Strict.GetBytes(value, _buffer.AsSpan(_length + 1));
            _buffer[_length] = (byte)written;
            _length += 1 + written;
            return;
        }

        var size = Strict.GetByteCount(value);
        Number(size);
        Strict.GetBytes(value, Reserve(size));
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        Raw(value);
    }

    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>The stamp "never" has no device.</summary>
    public void Stamp(Stamp stamp)
    {
        Number(stamp.Counter);
        if (!stamp.IsNone) Uuid(stamp.Device.Value);
    }

    public void Element(SetElement element)
    {
        Byte(element.Text is null ? ElementTags.Number : ElementTags.Text);
        if (element.Text is null) Signed(element.Number);
        else Text(element.Text);
    }

    public void Tag(ElementTag tag)
    {
        Uuid(tag.Device.Value);
        Number(tag.Counter);
        Number(tag.Index);
    }

    /// <summary>Room for as many bytes; what is not used is given back with <see cref="Unreserve"/>.</summary>
    public Span<byte> Reserve(int size)
    {
        EnsureFree(size);
        var span = _buffer.AsSpan(_length, size);
        _length += size;
        return span;
    }

    public void Unreserve(int size) => _length -= size;

    private void EnsureFree(int size)
    {
        if (_buffer.Length - _length >= size) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + size), _buffer.Length * 2));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

internal static class ElementTags
{
    public const byte Number = 0;
    public const byte Text = 1;
}
