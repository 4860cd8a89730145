using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Convergence.Tests.Workload;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Scenarios;

/// <summary>The scenarios of DESIGN §10 that happen at the server.</summary>
public sealed class ServerScenarios
{
    private static readonly Step DoubleOwner = new(StepKind.DoubleOwner, 0, 0, 0, 0, 0);

    /// <summary>Scenario 1.</summary>
    [Fact]
    public void I1_I2_An_owner_killed_before_during_or_after_the_commit_loses_and_doubles_nothing() => Scenario.Play(
        60,
        static seed => Scenario.Writes(seed, FaultRates.Only(
            8, FaultKind.OwnerKilledBeforeCommit, FaultKind.OwnerKilledInCommit, FaultKind.OwnerKilledAfterCommit)),
        static () => new(),
        FaultKind.OwnerKilledBeforeCommit, FaultKind.OwnerKilledInCommit, FaultKind.OwnerKilledAfterCommit);

    /// <summary>Scenario 3.</summary>
    [Fact]
    public void I7_Two_owners_that_both_push_leave_one_history() => Scenario.Play(
        60,
        static seed => Scenario.Writes(seed, FaultRates.Only(2, FaultKind.PushToOther)).With(DoubleOwner, DoubleOwner),
        static () => new(),
        FaultKind.PushToOther, FaultKind.OwnerDoubled);

    /// <summary>Scenario 4.</summary>
    [Fact]
    public void I2_The_same_batch_at_two_owners_at_once_counts_its_increments_once() => Scenario.Play(
        60,
        static seed => Increments(Scenario.Writes(seed, FaultRates.Only(2, FaultKind.PushDoubled, FaultKind.PushToOther))).With(DoubleOwner),
        static () => new(),
        FaultKind.PushDoubled, FaultKind.PushToOther);

    /// <summary>Scenario 5.</summary>
    [Fact]
    public void I10_What_the_store_cannot_hold_is_refused_alone_while_owners_fence_each_other()
    {
        var poison = new EntityKey(Types.Ledger, "e0");
        var results = Scenario.Play(
            60,
            static seed => Scenario.Writes(seed, FaultRates.Only(5, FaultKind.CommitFencedBefore, FaultKind.PushToOther)).With(DoubleOwner),
            () => new() { Server = new() { IsPoison = entity => entity == poison } },
            FaultKind.CommitFencedBefore);
        Assert.Contains(results, static result => result.Commits > 0 && result.Trace.Events.Any(static one => one.What == "refused for good"));
    }

    /// <summary>Scenario 8.</summary>
    [Fact]
    public void I5_I6_Pages_read_beside_transactions_show_each_of_them_whole_or_not_at_all()
    {
        var results = Scenario.Play(
            40,
            static seed =>
            {
                var plan = Scenario.Writes(seed, FaultRates.Only(6, FaultKind.NoticeLost, FaultKind.StreamCut, FaultKind.NoticeLate));
                var steps = plan.Steps.Select(static (step, index) => step with
                {
                    Kind = index % 2 == 0 ? StepKind.PairTransaction : StepKind.Transaction,
                    Pause = step.Pause / 4,
                });
                return plan with { Steps = [.. steps] };
            },
            static () => new(),
            FaultKind.NoticeLost, FaultKind.StreamCut);
        Assert.Contains(results, static result => result.Trace.Events.Any(static one => one.What == "page"));
    }

    /// <summary>
    /// Transactions of which most are refused for one strict entity, while calls to the other entity reach two activations of it. A
    /// slow store gathers many devices' transactions in a round, which then calls entities again without the refused.
    /// </summary>
    [Fact]
    public void I6_A_refused_transaction_leaves_nothing_in_any_activation_of_an_entity() => Scenario.Play(
        60,
        static seed => new Plan(seed, [], FaultRates.Only(3, FaultKind.EntityDoubled, FaultKind.StoreSlow)),
        static () => new()
        {
            Scenario = static async simulation =>
            {
                for (var round = 0; round < 8; round++)
                {
                    foreach (var device in simulation.Devices) simulation.Write(device, Acts.StrictAndCounted);
                    await simulation.Scheduler.DelayAsync(TimeSpan.FromMilliseconds(700));
                }
            },
        },
        FaultKind.EntityDoubled, FaultKind.StoreSlow);

    private static Plan Increments(Plan plan) => plan with
    {
        Steps = [.. plan.Steps.Select(static step => step with { Kind = StepKind.Write, Act = 8, Pause = step.Pause / 4 })],
    };
}
