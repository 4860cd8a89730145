using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansSync.Backend;

/// <summary>
/// How far a reader has come in the changes of one user. Store it, as its text, when what it came with is handled; reading goes on right
/// after it. <c>default</c> is the start.
/// </summary>
/// <param name="Lineage">Of the server's data: another one after the server was restored to an earlier point.</param>
/// <param name="Sequence">The last commit that was read.</param>
/// <param name="FirstHead">Above 0: within a reading from the start, the head that it began with.</param>
public readonly record struct FeedCheckpoint(Guid Lineage, long Sequence, long FirstHead = 0)
{
    private const char Separator = ':';

    /// <summary>Before everything.</summary>
    public static FeedCheckpoint Start => default;

    /// <summary>Nothing was read.</summary>
    public bool IsStart => Lineage == Guid.Empty;

    /// <summary>What <see cref="ToString"/> has given.</summary>
    /// <exception cref="FormatException">It is no checkpoint.</exception>
    public static FeedCheckpoint Parse(string text) =>
        TryParse(text, out var checkpoint) ? checkpoint : throw new FormatException("The text is no checkpoint of a feed.");

    /// <summary>What <see cref="ToString"/> has given; the empty text and <c>null</c> are the start.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out FeedCheckpoint checkpoint)
    {
        checkpoint = Start;
        if (string.IsNullOrEmpty(text)) return true;
        var parts = text.Split(Separator);
        if (parts.Length is < 2 or > 3 || !Guid.TryParseExact(parts[0], "N", out var lineage) || lineage == Guid.Empty) return false;
        var firstHead = 0L;
        if (!IsNumber(parts[1], out var sequence) || (parts.Length == 3 && !IsNumber(parts[2], out firstHead))) return false;
        checkpoint = new(lineage, sequence, firstHead);
        return true;
    }

    /// <summary>A short text without spaces; empty at the start.</summary>
    public override string ToString()
    {
        if (IsStart) return "";
        var text = string.Create(CultureInfo.InvariantCulture, $"{Lineage:N}{Separator}{Sequence}");
        return FirstHead == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text}{Separator}{FirstHead}");
    }

    private static bool IsNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
