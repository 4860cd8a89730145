using OrleansSync.Core;

namespace OrleansSync.Grains.Storage;

/// <summary>
/// What every store can hold as text and give back unchanged: well-formed UTF-16 without NUL. PostgreSQL refuses NUL; a
/// lone surrogate has no UTF-8, and replacing it would make two ids one.
/// </summary>
public static class StorableText
{
    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\0') return false;
            if (!char.IsSurrogate(c)) continue;
            if (!char.IsHighSurrogate(c) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }

        return true;
    }

    /// <summary>A text of somebody else's code as every store can hold it, and no longer than that.</summary>
    public static string Bounded(string text, int length)
    {
        var bounded = new System.Text.StringBuilder(Math.Min(text.Length, length));
        foreach (var rune in text.EnumerateRunes())
        {
            if (bounded.Length + rune.Utf16SequenceLength > length) break;
            // A lone surrogate comes as U+FFFD already.
            bounded.Append(rune.Value == 0 ? "\uFFFD" : rune.ToString());
        }

        return bounded.ToString();
    }

    /// <summary>A scope's name comes from credentials; one that cannot be stored must not become another's.</summary>
    /// <exception cref="ArgumentException">The name is empty or not storable.</exception>
    public static void Require(ScopeId scope)
    {
        if (string.IsNullOrEmpty(scope.Value) || !IsStorable(scope.Value))
            throw new ArgumentException("The scope's name is empty, or has NUL or a lone surrogate.", nameof(scope));
    }

    /// <summary>The texts that a round brings: types and ids of its rows and operations, types of its digests, messages of its dead letters.</summary>
    public static bool IsStorable(ScopeCommit commit)
    {
        foreach (var change in commit.Rows)
        {
            if (!IsStorable(change.Row.Key.Type) || !IsStorable(change.Row.Key.Id)) return false;
        }

        foreach (var entry in commit.Operations)
        {
            if (!IsStorable(entry.Entity.Type) || !IsStorable(entry.Entity.Id)) return false;
        }

        foreach (var letter in commit.DeadLetters)
        {
            if (letter.Message is { } message && !IsStorable(message)) return false;
        }

        foreach (var digest in commit.Digests)
        {
            if (!IsStorable(digest.Type)) return false;
        }

        return true;
    }
}
