using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace OrleansSync.Samples.GitReplay.Git;

/// <summary>
/// A path of git is bytes; an entity id is UTF-8 text without control characters. The text of a path is its UTF-8 with
/// every byte that may not stand there (invalid UTF-8, control characters, and the percent sign itself) as %XX: one text
/// per path, and back.
/// </summary>
internal static class PathText
{
    /// <summary>The longest entity id, in bytes of UTF-8.</summary>
    public const int MaxIdBytes = 512;

    // In a path's text two hex digits follow every percent sign, so no short id contains this.
    private const string LongMark = "%~";

    public static string Escape(ReadOnlySpan<byte> path)
    {
        var text = new StringBuilder(path.Length);
        Span<char> chars = stackalloc char[2];
        while (!path.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(path, out var rune, out var length);
            if (status == OperationStatus.Done && rune.Value != '%' && !Rune.IsControl(rune))
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            else
                foreach (var value in path[..length])
                    text.Append('%').Append(Convert.ToHexString([value]));
            path = path[length..];
        }
        return text.ToString();
    }

    public static byte[] Unescape(string text)
    {
        var bytes = new ArrayBufferWriter<byte>(text.Length + 16);
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (rest[0] == '%')
            {
                if (rest.Length < 3) throw new FormatException($"Not the text of a path: '{text}' ends inside an escape.");
                bytes.Write(Convert.FromHexString(rest[1..3]));
                rest = rest[3..];
                continue;
            }
            var next = rest.IndexOf('%');
            var plain = next < 0 ? rest : rest[..next];
            Encoding.UTF8.GetBytes(plain, bytes);
            rest = rest[plain.Length..];
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The entity id of a path: its text, or, where that is longer than an id may be, its beginning, a mark that no text
    /// contains and the SHA-256 of the text. Such a row carries the whole text in the field <c>path</c>.
    /// </summary>
    public static string IdOf(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) <= MaxIdBytes) return text;
        var tail = LongMark + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        var room = MaxIdBytes - tail.Length;
        var head = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0) break;
            head.Append(rune);
        }
        return head.Append(tail).ToString();
    }

    /// <summary>Whether the id stands for a path whose text is too long for one.</summary>
    public static bool IsShortened(string id) => id.Contains(LongMark, StringComparison.Ordinal);
}
