namespace OrleansSync.Samples.GitReplay.Generating;

/// <summary>SplitMix64: the same numbers for the same seed on every version of the runtime.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below <paramref name="bound"/>.</summary>
    public int Next(int bound) => (int)(Next() % (uint)bound);

    /// <summary>A number from 0 to below 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(int percent) => Next(100) < percent;

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>A generator of its own, so that one use does not shift the numbers of another.</summary>
    public static SeededRandom For(ulong seed, string purpose)
    {
        var mixed = seed;
        foreach (var letter in purpose) mixed = new SeededRandom(mixed ^ letter).Next();
        return new SeededRandom(mixed);
    }
}
