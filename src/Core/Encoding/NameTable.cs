using System.Numerics;
using System.Text;

namespace OrleansSync.Core;

/// <summary>
/// Names of types and fields that were read before, so that each is one text in memory and not one in every operation and row. Bounded: a name
/// takes the place of another one.
/// </summary>
internal static class NameTable
{
    private const int Size = 512;

    // No configuration allows longer names.
    private const int MaxLength = 64;

    // Written by many threads without a lock: a place holds one name or another.
    private static readonly string?[] Names = new string?[Size];

    /// <summary>The text of these bytes; <c>null</c>: none, too many or not ASCII.</summary>
    public static string? Find(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MaxLength) return null;
        ref var place = ref Names[Place(utf8)];
        var name = place;
        if (name is not null && Ascii.Equals(utf8, name)) return name;
        return Ascii.IsValid(utf8) ? place = Encoding.ASCII.GetString(utf8) : null;
    }

    private static uint Place(ReadOnlySpan<byte> utf8)
    {
        var hash = (uint)utf8.Length;
        foreach (var letter in utf8) hash = (BitOperations.RotateLeft(hash, 5) ^ letter) * 0x9E3779B1;
        return (hash >> 16) % Size;
    }
}
