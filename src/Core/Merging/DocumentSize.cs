using System.Collections.Immutable;
using System.Text;

namespace OrleansSync.Core;

/// <summary>
/// How large a document is, for its limits. Removed fields and tags count, because rows keep them: what is not counted is not
/// bounded. Writing the whole document drops removed fields.
/// </summary>
internal static class DocumentSize
{
    private const int CounterBytes = 16;
    private const int NumberBytes = 8;

    // Device, counter, index.
    private const int TagBytes = 16 + 8 + 4;

    /// <summary>Past a limit, and by this operation: a document that is too large already may still shrink or change.</summary>
    public static bool Outgrows(ImmutableArray<Field> before, ImmutableArray<Field> after, Limits limits)
    {
        if (before == after) return false;
        if (after.Length > limits.DocumentFields && after.Length > before.Length) return true;

        var bytes = Bytes(after);
        return bytes > limits.DocumentBytes && bytes > Bytes(before);
    }

    private static long Bytes(ImmutableArray<Field> fields)
    {
        var bytes = 0L;
        foreach (var field in fields)
        {
            // Names are ASCII.
            bytes += field.Name.Length;
            bytes += field switch
            {
                PlainField plain => plain.Value?.Utf8.Length ?? 0,
                CounterField => CounterBytes,
                SetFieldValue set => Bytes(set),
                _ => 0,
            };
        }

        return bytes;
    }

    private static long Bytes(SetFieldValue set)
    {
        var bytes = 0L;
        foreach (var (element, tags) in set.Entries)
            bytes += (element.Text is { } text ? Encoding.UTF8.GetByteCount(text) : NumberBytes) + (TagBytes * (long)tags.Length);
        return bytes;
    }
}
