using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace OrleansSync.Core;

/// <summary>
/// Reads what <see cref="CanonicalWriter"/> writes, and refuses everything it would not have written with a
/// <see cref="FormatException"/>. Values are slices of the input, not copies.
/// </summary>
internal ref struct CanonicalReader(ReadOnlyMemory<byte> bytes, string what)
{
    private readonly ReadOnlySpan<byte> _span = bytes.Span;
    private int _position;

    private readonly int Remaining => _span.Length - _position;

    public readonly FormatException Fault(string fact) => new($"Not an encoded {what}: {fact}.");

    public void Version(byte expected)
    {
        var version = Byte();
        if (version != expected) throw Fault($"version {version} is not known");
    }

    public readonly void End()
    {
        if (Remaining > 0) throw Fault("there are bytes after its end");
    }

    public byte Byte() => Raw(1)[0];

    public bool Flag() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw Fault($"{other} is no flag"),
    };

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = Byte();
            if (shift == 63 && part > 1) throw Fault("a number has more than 64 bits");
            value |= (ulong)(part & 0x7f) << shift;
            if ((part & 0x80) != 0) continue;
            return part != 0 || shift == 0 ? value : throw Fault("a number is not in its shortest form");
        }
    }

    public long Number() => (long)Varint();

    public int Number32()
    {
        var value = Varint();
        return value <= uint.MaxValue ? (int)(uint)value : throw Fault("a number has more than 32 bits");
    }

    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public Int128 Number128() => BinaryPrimitives.ReadInt128BigEndian(Raw(16));

    public Guid Uuid() => new(Raw(CanonicalWriter.GuidSize), bigEndian: true);

    public string Text() => TextOf(Raw(Length()));

    /// <summary>A text of which there are few.</summary>
    public string Name()
    {
        var utf8 = Raw(Length());
        return NameTable.Find(utf8) ?? TextOf(utf8);
    }

    public ReadOnlyMemory<byte> Bytes()
    {
        var size = Length();
        var start = _position;
        Raw(size);
        return bytes.Slice(start, size);
    }

    /// <summary>A number of items; each takes at least one byte, so a false one cannot ask for much memory.</summary>
    public int Length()
    {
        var value = Varint();
        return value <= (ulong)Remaining ? (int)value : throw Fault("it ends too early");
    }

    public Stamp Stamp()
    {
        var counter = Number();
        return counter == 0 ? default : new Stamp(counter, new DeviceId(Uuid()));
    }

    public SetElement Element() => Byte() switch
    {
        ElementTags.Number => SetElement.Of(Signed()),
        ElementTags.Text => SetElement.Of(Text()),
        var other => throw Fault($"{other} is no kind of set element"),
    };

    public ElementTag Tag() => new(new DeviceId(Uuid()), Number(), Number32());

    private readonly string TextOf(ReadOnlySpan<byte> utf8) =>
        Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Fault("a text is not UTF-8");

    private ReadOnlySpan<byte> Raw(int size)
    {
        if (size > Remaining) throw Fault("it ends too early");
        var span = _span.Slice(_position, size);
        _position += size;
        return span;
    }
}
