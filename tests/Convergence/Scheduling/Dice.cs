namespace OrleansSync.Convergence.Tests.Scheduling;

/// <summary>The one source of chance of a run (SplitMix64): the same seed rolls the same on every machine and runtime.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True once in so many rolls on average; 0: never.</summary>
    public bool OneIn(int rolls) => rolls > 0 && Below(rolls) == 0;

    /// <summary>Mostly at the short end, now and then up to the long one: what networks and disks do.</summary>
    public TimeSpan Delay(int shortMilliseconds, int longMilliseconds) =>
        TimeSpan.FromMilliseconds(Below(8) == 0 ? Below(longMilliseconds + 1) : Below(shortMilliseconds + 1));

    /// <summary>Dice of their own for a part that must not disturb the others' rolls.</summary>
    public Dice Fork() => new(Next());

    private ulong Next()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
