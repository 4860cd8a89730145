using OrleansSync.Convergence.Tests.Checkers;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Convergence.Tests.Server;
using OrleansSync.Convergence.Tests.Workload;
using Xunit.Abstractions;

namespace OrleansSync.Convergence.Tests.Guards;

/// <summary>
/// Proof that the checkers can fail: each guard is taken out by a double, and they see it. Where another guard stands behind
/// the one that is out, the test shows both: that the second holds, and that without it the harm is seen.
/// </summary>
public sealed class GuardTests(ITestOutputHelper output)
{
    private const int Seeds = 250;

    // Some are met in one run of hundreds.
    private const int SeedsToCatch = 1_000;

    /// <summary>One owner and a store that answers: only calls to entities fail.</summary>
    private static readonly FaultRates MergeFaults =
        FaultRates.Only(12, FaultKind.MergeLost, FaultKind.MergeReplyLost, FaultKind.MergeLate);

    /// <summary>Every merge at its entity's grain.</summary>
    private static readonly ServerDoubles AtGrains = new() { Options = new() { TouchesBeforeGrain = 0 } };

    // A purge fences the owner too.
    private static readonly StepKind[] NoRivals = [StepKind.KillOwner, StepKind.DoubleOwner, StepKind.ForgetEntities, StepKind.Purge];

    [Fact]
    public void With_all_guards_in_the_double_of_the_store_nothing_is_found() => Clean(Store(StoreGuards.None), FaultRates.All);

    [Fact]
    public void Without_the_fence_commits_of_two_owners_take_the_same_number() =>
        Caught(Store(StoreGuards.Fence), FaultRates.All, nameof(SequenceChecker));

    [Fact]
    public void Without_the_fence_devices_miss_commits() =>
        Caught(Store(StoreGuards.Fence) with { Checkers = static record => [new ReplayChecker(record), new ViewChecker(record)] },
            FaultRates.All, nameof(ViewChecker), nameof(ReplayChecker));

    [Fact]
    public void The_keys_of_the_journal_alone_keep_operations_from_counting_twice_and_without_them_too_they_do()
    {
        const StoreGuards others = StoreGuards.Fence | StoreGuards.RowSequences;
        Clean(Only(others), FaultRates.All);
        Caught(Only(others | StoreGuards.JournalKeys), FaultRates.All, nameof(JournalChecker));

        static RunOptions Only(StoreGuards missing) => Store(missing) with { Checkers = static record => [new JournalChecker(record)] };
    }

    [Fact]
    public void Without_the_sequences_of_rows_a_second_activation_of_an_entity_loses_updates() =>
        Caught(
            new() { Server = AtGrains with { Store = _ => new UnguardedStore(StoreGuards.RowSequences) } }, FaultRates.All, nameof(ReplayChecker));

    [Fact]
    public void Without_the_list_of_abandoned_attempts_entities_build_on_rows_that_never_were()
    {
        RunOptions lone = new() { Server = AtGrains, MoreCheckers = static record => [new LoneOwnerChecker(record)] };
        Clean(lone, MergeFaults, NoRivals);
        Caught(lone with { Server = AtGrains with { Merger = Forgetful } }, MergeFaults, NoRivals, nameof(LoneOwnerChecker));
    }

    [Fact]
    public void Without_being_told_since_when_they_are_called_grains_build_on_rows_that_were_merged_without_them()
    {
        // A create of what is there already is refused by right, where nobody has looked.
        var looking = new ServerDoubles { Options = new() { TouchesBeforeGrain = 1, RecentEntities = 2, LooksBeforeCreate = true } };
        RunOptions lone = new() { Server = looking, MoreCheckers = static record => [new LoneOwnerChecker(record)] };
        Clean(lone, MergeFaults, NoRivals);
        var ignorant = looking with { Merger = static merger => new IgnorantMerger(merger) };
        Caught(lone with { Server = ignorant }, MergeFaults, NoRivals, nameof(LoneOwnerChecker));
    }

    [Fact]
    public void The_sequences_of_rows_stand_behind_the_list_of_abandoned_attempts_and_without_both_the_refused_takes_effect()
    {
        Clean(new() { Server = AtGrains with { Merger = Forgetful } }, MergeFaults, NoRivals);
        var store = Store(StoreGuards.RowSequences);
        Caught(store with { Server = store.Server with { Options = AtGrains.Options, Merger = Forgetful } }, MergeFaults, NoRivals, nameof(ReplayChecker));
    }

    [Fact]
    public void Without_outcomes_beside_the_rows_a_device_shows_its_increments_twice() =>
        Caught(new() { Log = static log => new LogWithoutOutcomes(log) }, FaultRates.All, nameof(ViewChecker));

    [Fact]
    public void Without_staging_a_device_shows_what_lies_beyond_its_cursor() => Caught(
        new() { Log = static log => new LogWithoutStaging(log), Checkers = static record => [new ReplayChecker(record), new ViewChecker(record)] },
        FaultRates.All, nameof(ViewChecker));

    [Fact]
    public void Without_staging_a_device_shows_parts_of_transactions() => Caught(
        new() { Log = static log => new LogWithoutStaging(log), Checkers = static record => [new ReplayChecker(record), new PairChecker(record)] },
        FaultRates.All, nameof(PairChecker));

    [Fact]
    public void A_bad_run_tells_its_seed_its_trace_and_the_life_of_the_operation()
    {
        const StoreGuards all = StoreGuards.Fence | StoreGuards.RowSequences | StoreGuards.JournalKeys;
        var found = Find(Store(all) with { Checkers = static record => [new JournalChecker(record)] }, FaultRates.All, [], Seeds);
        var report = found!.Report().Split('\n');
        Assert.Matches($"^seed {found.Plan.Seed}, trace (?<path>.+)$", report[0]);
        Assert.Equal(found.Trace.Events[^1].ToString(), File.ReadLines(report[0].Split("trace ")[1]).Last());
        Assert.Contains(report, static line => line.Contains("wrote", StringComparison.Ordinal));
        Assert.Equal(2, report.Count(static line => line.Contains("store", StringComparison.Ordinal)));
    }

    private static RunOptions Store(StoreGuards missing) => new() { Server = new() { Store = _ => new UnguardedStore(missing) } };

    private static ForgetfulMerger Forgetful(Grains.Users.IEntityMerger merger) => new(merger);

    private static void Clean(RunOptions options, FaultRates rates, params StepKind[] without)
    {
        var found = Find(options, rates, without, Seeds);
        Assert.True(found is null, found?.Report());
    }

    private void Caught(RunOptions options, FaultRates rates, params string[] checkers) => Caught(options, rates, [], checkers);

    private void Caught(RunOptions options, FaultRates rates, StepKind[] without, params string[] checkers)
    {
        var found = Find(options, rates, without, SeedsToCatch);
        Assert.NotNull(found);
        output.WriteLine($"seed {found.Plan.Seed}: {found.Violations[0]}");
        Assert.Contains(found.Violations[0].Checker, checkers);
    }

    private static RunResult? Find(RunOptions options, FaultRates rates, StepKind[] without, int seeds)
    {
        for (var seed = 1UL; seed <= (ulong)seeds; seed++)
        {
            var result = Simulation.Run(Plan.Of(seed, rates, without), options);
            if (!result.IsGood) return result;
        }

        return null;
    }
}
