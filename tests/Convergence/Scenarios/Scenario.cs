using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Runs;
using OrleansSync.Convergence.Tests.Workload;

namespace OrleansSync.Convergence.Tests.Scenarios;

/// <summary>Plays one kind of trouble over many seeds.</summary>
internal static class Scenario
{
    private static readonly StepKind[] OnlyWrites =
    [
        StepKind.GoOffline, StepKind.GoOnline, StepKind.KillClient, StepKind.KillOwner, StepKind.DoubleOwner, StepKind.ForgetEntities,
        StepKind.StoreDown, StepKind.Purge,
    ];

    /// <summary>A plan of writes alone: all trouble comes from the scenario.</summary>
    public static Plan Writes(ulong seed, FaultRates rates) => Plan.Of(seed, rates, OnlyWrites);

    /// <summary>Every run is good, and each of the faults did strike.</summary>
    public static IReadOnlyList<RunResult> Play(int seeds, Func<ulong, Plan> plan, Func<RunOptions> options, params FaultKind[] faults)
    {
        var results = new List<RunResult>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            var result = Simulation.Run(plan((ulong)seed), options());
            Assert.True(result.IsGood, result.Report());
            results.Add(result);
        }

        Assert.All(faults, fault => Assert.Contains(results, result => result.Faults.Of(fault) > 0));
        return results;
    }

    public static Plan With(this Plan plan, params Step[] first) => plan with { Steps = [.. first, .. plan.Steps] };
}
