using OrleansSync.Convergence.Tests.Checkers;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Convergence.Tests.Workload;

namespace OrleansSync.Convergence.Tests.Scenarios;

/// <summary>The scenarios of DESIGN §10 that happen at a device.</summary>
public sealed class DeviceScenarios
{
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

    /// <summary>Scenario 10, as far as nothing is purged.</summary>
    [Fact]
    public void I4_I8_A_device_that_was_away_for_long_joins_with_what_it_wrote_and_everybody_agrees() => Scenario.Play(
        40,
        static seed =>
        {
            var plan = Scenario.Writes(seed, FaultRates.Only(30, FaultKind.StreamCut, FaultKind.StoreUnavailable));
            Step[] away = [new(StepKind.Write, 0, 0, 0, 0, 0), new(StepKind.Write, 0, 4_000, 2, 0, 0), new(StepKind.GoOffline, 0, 4_000, 0, 0, 0)];
            return plan.With(away);
        },
        static () => new(),
        FaultKind.DeviceOffline);

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
