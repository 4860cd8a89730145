using System.Text;
using System.Text.Unicode;
using OrleansSync.Core;

namespace OrleansSync.Protocol.Encoded;

/// <summary>Reads the fields of one protobuf message out of its bytes, one after the other.</summary>
/// <remarks>What is malformed ends it with an <see cref="InvalidDataException"/>: protobuf itself would refuse the message.</remarks>
internal ref struct WireReader(ReadOnlyMemory<byte> bytes)
{
    public const int Varints = 0;
    public const int Delimited = 2;

    // Of a field's tag, below its number.
    public const int TypeBits = 3;

    private const int TypeMask = (1 << TypeBits) - 1;
    private const int Fixed64 = 1;
    private const int StartGroup = 3;
    private const int EndGroup = 4;
    private const int Fixed32 = 5;
    private const int MaxVarintBytes = 10;

    // One within the other.
    private const int MaxGroups = 100;

    private readonly ReadOnlySpan<byte> _span = bytes.Span;
    private int _position;

    public readonly bool IsAtEnd => _position == _span.Length;

    /// <summary>The next field's number and wire type; false: the message ends here.</summary>
    public bool TryTag(out int tag)
    {
        tag = 0;
        if (IsAtEnd) return false;
        tag = Int32();
        return (uint)tag >> TypeBits != 0 ? true : throw Malformed();
    }

    public ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < MaxVarintBytes && _position < _span.Length; i++)
        {
            var part = _span[_position++];
            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80) return value;
        }

        throw Malformed();
    }

    public long Int64() => (long)Varint();

    // A number of 32 bits has the low ones of what was written.
    public int Int32() => (int)Varint();

    /// <summary>A number in zigzag form.</summary>
    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ReadOnlySpan<byte> Span()
    {
        var length = Length();
        _position += length;
        return _span.Slice(_position - length, length);
    }

    public ReadOnlyMemory<byte> Memory()
    {
        var length = Length();
        _position += length;
        return bytes.Slice(_position - length, length);
    }

    /// <summary>Numbers one after the other, in one piece. Of a negative length they are none, as protobuf has it.</summary>
    public ReadOnlyMemory<byte> Packed()
    {
        var start = _position;
        if ((int)Varint() <= 0) return default;
        _position = start;
        return Memory();
    }

    public string Text()
    {
        var utf8 = Span();
        return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Malformed();
    }

    /// <summary>A text of which there are few.</summary>
    public string Name()
    {
        var utf8 = Span();
        return NameTable.Find(utf8) ?? (Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Malformed());
    }

    /// <summary>A field that is not known, or whose value is of another type.</summary>
    public void Skip(int tag) => Skip(tag, MaxGroups);

    /// <summary>A message of which nothing is known.</summary>
    public static void SkipAll(ReadOnlyMemory<byte> message)
    {
        var wire = new WireReader(message);
        while (wire.TryTag(out var tag)) wire.Skip(tag);
    }

    private void Skip(int tag, int groups)
    {
        switch (tag & TypeMask)
        {
            case Varints:
                Varint();
                break;
            case Delimited:
                Span();
                break;
            case StartGroup when groups > 0:
                while (TryTag(out var inner))
                {
                    if (inner == (tag & ~TypeMask) + EndGroup) return;
                    Skip(inner, groups - 1);
                }

                throw Malformed();
            case Fixed64 when _span.Length - _position >= sizeof(ulong):
                _position += sizeof(ulong);
                break;
            case Fixed32 when _span.Length - _position >= sizeof(uint):
                _position += sizeof(uint);
                break;
            default:
                throw Malformed();
        }
    }

    private int Length()
    {
        var length = (uint)Varint();
        return length <= (uint)(_span.Length - _position) ? (int)length : throw Malformed();
    }

    private static InvalidDataException Malformed() => new("Not a protobuf message.");
}
