namespace OrleansSync.Chaos;

/// <summary>Generators from one seed, one for each purpose, so that one use does not shift the numbers of another.</summary>
internal static class Seeds
{
    public static Random For(int seed, string purpose)
    {
        // FNV-1a: the same on every machine, which string.GetHashCode is not.
        var mixed = 2166136261u ^ (uint)seed;
        foreach (var letter in purpose) mixed = unchecked((mixed ^ letter) * 16777619u);
        return new Random(unchecked((int)mixed));
    }

    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    public static T Pick<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    public static TimeSpan Between(this Random random, int fromMilliseconds, int toMilliseconds) =>
        TimeSpan.FromMilliseconds(random.Next(fromMilliseconds, toMilliseconds + 1));
}
