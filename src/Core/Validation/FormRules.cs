using System.Buffers;
using System.Text;

namespace OrleansSync.Core;

/// <summary>The forms of names, ids and texts.</summary>
public static class FormRules
{
    /// <summary>Largest text of a set element, bytes of UTF-8.</summary>
    public const int ElementBytes = 1024;

    private static readonly SearchValues<char> NameParts =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>A type or field name: <c>[A-Za-z_][A-Za-z0-9_]{0,63}</c>.</summary>
    public static Fault? CheckName(string name, Limits limits)
    {
        var good = name.Length > 0 && name.Length <= limits.NameLength
            && !char.IsAsciiDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(NameParts);
        return good ? null : new Fault(FaultCode.InvalidName, "",
            $"A name is 1 to {limits.NameLength} letters of A-Z and a-z, digits and underscores, and starts with no digit.");
    }

    /// <summary>1 to 512 bytes of UTF-8 without control characters.</summary>
    public static Fault? CheckEntityId(string id, Limits limits)
    {
        var isPlain = !id.AsSpan().ContainsAnyExceptInRange(' ', '~');
        if (isPlain && id.Length > 0 && id.Length <= limits.EntityIdBytes) return null;
        if (id.Length == 0 || HasLoneSurrogate(id) || HasControl(id) || Encoding.UTF8.GetByteCount(id) > limits.EntityIdBytes)
        {
            return new Fault(FaultCode.InvalidEntityId, "",
                $"An entity id is 1 to {limits.EntityIdBytes} bytes of UTF-8 without control characters and lone surrogates.");
        }

        return null;
    }

    /// <summary>An element of a set: a text has at most 1 KiB, no NUL, no lone surrogates. Every number is good.</summary>
    public static Fault? CheckElement(SetElement element)
    {
        if (element.Text is not { } text) return null;
        var bad = HasLoneSurrogate(text) || text.Contains('\0') || Encoding.UTF8.GetByteCount(text) > ElementBytes;
        return bad
            ? new Fault(FaultCode.InvalidText, "",
                $"A set element's text has at most {ElementBytes} bytes of UTF-8, no NUL and no lone surrogates.")
            : null;
    }

    private static bool HasControl(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c)) return true;
        }

        return false;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }
}
