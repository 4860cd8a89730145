namespace OrleansSync.Core;

/// <summary>
/// Orders strings as their UTF-8 bytes, which is what databases do with ids. Ordinal UTF-16 order differs where
/// surrogates meet U+E000 and above: a surrogate stands for a higher code point.
/// </summary>
public static class Utf8Order
{
    /// <summary>By the bytes of their UTF-8, as databases compare them.</summary>
    public static int Compare(string? left, string? right)
    {
        if (left is null || right is null) return string.CompareOrdinal(left, right);
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            char a = left[i], b = right[i];
            if (a == b) continue;
            if (char.IsSurrogate(a) != char.IsSurrogate(b)) return char.IsSurrogate(a) ? 1 : -1;
            return a.CompareTo(b);
        }

        return left.Length.CompareTo(right.Length);
    }
}
