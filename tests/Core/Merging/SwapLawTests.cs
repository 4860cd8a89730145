using CsCheck;
using OrleansSync.Core.Tests.Merging.Histories;

namespace OrleansSync.Core.Tests.Merging;

/// <summary>
/// The law that makes devices converge: swapping two adjacent commits of different devices that no pull separates leaves the
/// value unchanged.
/// </summary>
public sealed class SwapLawTests
{
    private const int Sampled = 20_000;

    /// <summary>Policy, histories of 6 operations, pairs of histories compared.</summary>
    public static TheoryData<string, long, long> Exhaustive { get; } = new()
    {
        { "ByTimestamp", 892_128, 320_478 },
        { "EditWins", 1_036_341, 367_823 },
        { "DeleteWins", 820_832, 298_715 },
        { "LastWriterWins", 1_578_504, 552_165 },
        { "Sets", 1_578_504, 552_165 },
    };

    public static TheoryData<string> Policies { get; } = new(Alphabet.Large.Select(static alphabet => alphabet.Name));

    /// <summary>Four devices, 6 operations; the first and the third device to commit are old, the others bootstrap.</summary>
    [Theory]
    [MemberData(nameof(Exhaustive))]
    public void I4_Swapping_commits_that_no_pull_separates_leaves_the_value_in_every_history_of_6(string policy, long histories, long comparisons)
    {
        var alphabet = Alphabet.Small.Single(known => known.Name == policy);
        var search = new ExhaustiveSearch(new Setting(alphabet) { Bootstraps = [false, true, false, true] }, operations: 6);
        search.Run();

        Assert.Equal((histories, comparisons), (search.Histories, search.Comparisons));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void I4_Swapping_commits_that_no_pull_separates_leaves_the_value_in_longer_histories(string policy)
    {
        var alphabet = Alphabet.Large.Single(known => known.Name == policy);
        var (histories, swapped) = (0, 0);
        HistoryGen.Of(alphabet).Sample(
            tape =>
            {
                var steps = tape.Steps();
                var shuffled = tape.Shuffled(steps);
                Interlocked.Increment(ref histories);
                if (ReferenceEquals(steps, shuffled)) return;
                Interlocked.Increment(ref swapped);
                var (world, twin) = (World.Play(tape.Setting, steps), World.Play(tape.Setting, shuffled));
                if (!RowValue.AreEqual(world.Row, twin.Row)) Assert.Fail($"{History.Describe(world)}\nagainst\n{History.Describe(twin)}");
            },
            iter: Sampled);

        Assert.True(histories >= Sampled && swapped >= Sampled / 2, $"{histories} histories, {swapped} with a swap.");
    }
}
