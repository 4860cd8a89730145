using System.Collections.Immutable;

namespace OrleansSync.Core;

/// <summary>Sorted tags of one element.</summary>
internal static class TagSet
{
    /// <summary>What is held without what was observed, and with what is added. Sorted; the given array where nothing changes.</summary>
    public static ImmutableArray<ElementTag> Replace(ImmutableArray<ElementTag> held, ImmutableArray<ElementTag> observed, ElementTag? added)
    {
        var result = ImmutableArray.CreateBuilder<ElementTag>(held.Length + 1);
        foreach (var tag in held)
        {
            if (added is { } next && tag.CompareTo(next) >= 0)
            {
                result.Add(next);
                added = null;
                if (tag == next) continue;
            }

            if (!observed.Contains(tag)) result.Add(tag);
        }

        if (added is { } last) result.Add(last);
        return result.Count == held.Length && result.SequenceEqual(held) ? held : result.DrainToImmutable();
    }
}
