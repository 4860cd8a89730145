using OrleansSync.Convergence.Tests.Checkers;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Convergence.Tests.Workload;
using OrleansSync.Core;

namespace OrleansSync.Convergence.Tests.Scenarios;

/// <summary>The scenarios of DESIGN §10 that happen at a device.</summary>
public sealed class DeviceScenarios
{
    // Of the acts.
    private const int Create = 0;
    private const int Patch = 2;
    private const int Delete = 7;

    /// <summary>Scenario 6: the same run again and again, its client killed one step later each time.</summary>
    [Fact]
    public void I2_I10_A_client_killed_after_any_local_transaction_or_send_loses_and_doubles_nothing() => EndAnywhere(FaultKind.ClientKilled);

    /// <summary>The same with what its disk has not taken: acknowledgements and pages.</summary>
    [Fact]
    public void I2_I10_A_power_cut_after_any_local_transaction_or_send_loses_and_doubles_nothing() => EndAnywhere(FaultKind.PowerCut);

    /// <summary>Scenario 7.</summary>
    [Fact]
    public void I2_An_outcome_counts_once_whichever_of_acknowledgement_and_page_comes_first_or_is_lost()
    {
        var results = Scenario.Play(
            40, static seed => Scenario.Writes(seed, FaultRates.Only(8, FaultKind.StreamCut, FaultKind.NoticeLate)), static () => new(),
            FaultKind.StreamCut);
        var lives = results.SelectMany(static result => result.Trace.Events
            .Where(static one => one.What is "acknowledged" or "told").GroupBy(one => (result.Plan.Seed, one.Device, one.Counter))
            .Select(static life => string.Join(' ', life.Select(static one => one.What).Distinct()))).ToHashSet();
        Assert.Contains("acknowledged told", lives);
        Assert.Contains("told acknowledged", lives);
        Assert.Contains("told", lives);
    }

    /// <summary>Scenario 10: others delete what a device has that is away and writes on it, and the tombstones are purged before it is back.</summary>
    [Fact]
    public void I8_I10_A_device_that_was_away_past_a_purge_starts_again_brings_nothing_back_and_loses_nothing_that_it_wrote()
    {
        var results = Scenario.Play(
            60,
            static seed => Scenario.Writes(seed, FaultRates.Only(30, FaultKind.StreamCut, FaultKind.StoreUnavailable)).With(
                Write(1, Create, pause: 0), Write(1, Create, pause: 100, type: 1),
                new(StepKind.GoOffline, 0, 10_000, 0, 0, 0), Write(0, Patch, pause: 100), Write(0, Create, pause: 100, type: 2),
                Write(1, Delete, pause: 100), Write(2, Delete, pause: 100, type: 1),
                new(StepKind.Purge, 0, 30_000, 0, 0, 0), Write(2, Create, pause: 100, type: 1), new(StepKind.GoOnline, 0, 5_000, 0, 0, 0)),
            static () => new(),
            FaultKind.Purged, FaultKind.DeviceOffline);
        string[] happened = [.. results.SelectMany(static result => result.Trace.Events).Where(static one => one.Device is 1 or -1).Select(static one => one.What).Distinct()];
        Assert.Superset(new HashSet<string> { "purged", "starts again", "refused for good" }, happened.ToHashSet());
    }

    /// <summary>The same when nothing is purged.</summary>
    [Fact]
    public void I4_I8_A_device_that_was_away_for_long_joins_with_what_it_wrote_and_everybody_agrees() => Scenario.Play(
        40,
        static seed =>
        {
            var plan = Scenario.Writes(seed, FaultRates.Only(30, FaultKind.StreamCut, FaultKind.StoreUnavailable));
            Step[] away = [Write(0, Create, pause: 0), Write(0, Patch, pause: 4_000), new(StepKind.GoOffline, 0, 4_000, 0, 0, 0)];
            return plan.With(away);
        },
        static () => new(),
        FaultKind.DeviceOffline);

    /// <summary>
    /// Everybody edits an entity whose conflicts people decide, alone and together with others, and devices decide what waits about it while
    /// they are away and the entities change.
    /// </summary>
    [Fact]
    public void R22_I6_I10_Of_decisions_on_one_question_the_first_counts_and_what_waited_is_settled_once()
    {
        var forms = Types.Mutable.ToList().FindIndex(static type => type.Policy == ConflictPolicy.Manual);
        var results = Scenario.Play(
            200,
            seed =>
            {
                var plan = Scenario.Writes(seed, FaultRates.Only(12, FaultKind.StreamCut, FaultKind.NoticeLate));
                return plan with { Steps = [.. plan.Steps.Select((step, index) => Turn(step, index / 8 % Plan.Devices, index % 8))] };
            },
            static () => new(),
            FaultKind.StreamCut, FaultKind.NoticeLate);
        var decisions = results.SelectMany(static result => result.Trace.Events
            .Where(static one => one.What == $"wrote Delete {ParkedOperation.Type}")
            .SelectMany(one => result.Trace.LifeOf(one.Device, one.Counter).Where(static one => one.Actor == "store").Select(static one => one.What))).ToHashSet();
        Assert.Contains(nameof(OutcomeKind.Applied), decisions);
        Assert.Contains(nameof(OutcomeKind.Rejected), decisions);

        // Three write at once; when all have what came of it one device goes away, something changes, and two devices decide.
        Step Turn(Step step, int away, int turn) => turn switch
        {
            3 => step with { Kind = StepKind.GoOffline, Device = away, Pause = 10_000 },
            // Of those that a transaction changes beside the form one of a type that merges.
            4 => step with { Kind = StepKind.Write, Device = (away + 1) % Plan.Devices, A = forms + 2, B = 2, Pause = 100 },
            5 => step with { Kind = StepKind.Resolve, Device = away, A = 0, B = 1, Pause = 3_000 },
            6 => step with { Kind = StepKind.Resolve, Device = (away + 1) % Plan.Devices, A = 0, B = step.B, Pause = 100 },
            7 => step with { Kind = StepKind.GoOnline, Device = away, Pause = 100 },
            _ => step with { Kind = turn == 0 ? StepKind.Write : StepKind.Transaction, Device = (away + turn) % Plan.Devices, A = forms, B = 0, Pause = 100 },
        };
    }

    /// <summary>Scenario 12.</summary>
    [Fact]
    public void I9_A_revoked_device_commits_nothing_of_what_it_has_queued_and_the_others_go_on()
    {
        for (var seed = 1UL; seed <= 40; seed++)
        {
            var done = false;
            Simulation? world = null;
            var options = new RunOptions
            {
                Scenario = simulation =>
                {
                    world = simulation;
                    simulation.Record.Revoked.Add(2);
                    simulation.Scheduler.After(TimeSpan.FromMilliseconds(3_000), () => simulation.Scheduler.Start("revocation", RevokeAsync));
                    return Task.CompletedTask;
                },
                MoreCheckers = record => [new RevocationChecker(record, () => world!.Devices[1].Id, () => done)],
            };
            var result = Simulation.Run(Scenario.Writes(seed, FaultRates.Only(20, FaultKind.StreamCut, FaultKind.CommitUnknownLate)), options);
            Assert.True(result.IsGood, result.Report());
            Assert.Contains(result.Trace.Events, static one => one.What.StartsWith("refused: ", StringComparison.Ordinal));

            async Task RevokeAsync()
            {
                await world!.Server.RevokeAsync(world.Devices[1].Id);
                done = true;
            }
        }
    }

    private static Step Write(int device, int act, int pause, int type = 0) => new(StepKind.Write, device, pause, act, type, 0);

    private static void EndAnywhere(FaultKind end)
    {
        var plan = Scenario.Writes(3, FaultRates.Only(15, FaultKind.StreamCut));
        var points = int.MaxValue;
        for (var endAt = 1; endAt <= points; endAt++)
        {
            var passed = 0;
            var result = Simulation.Run(plan, new() { EndsAt = _ => ++passed == endAt ? end : null });
            Assert.True(result.IsGood, $"{end} at {endAt}: {result.Report()}");
            if (passed < endAt) points = passed;
        }

        Assert.InRange(points, 50, 1_000);
    }
}
