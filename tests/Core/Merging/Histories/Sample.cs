using CsCheck;

namespace OrleansSync.Core.Tests.Merging.Histories;

internal static class Sample
{
    /// <summary>Checks a law on so many histories that chance makes; prints the seed and the history where it fails.</summary>
    public static void Histories(Gen<Tape> tapes, int count, Action<World> law)
    {
        var checkedSoFar = 0;
        tapes.Sample(
            tape =>
            {
                law(World.Play(tape.Setting, tape.Steps()));
                Interlocked.Increment(ref checkedSoFar);
            },
            iter: count);
        Assert.True(checkedSoFar >= count, $"{checkedSoFar} of {count} histories were checked.");
    }
}
