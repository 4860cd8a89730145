using CsCheck;
using OrleansSync.Convergence.Tests.Network;
using OrleansSync.Convergence.Tests.Workload;
using Xunit.Abstractions;

namespace OrleansSync.Convergence.Tests.Runs;

/// <summary>The system under everything at once: rivals, kills, a store and a network that fail in every way they can.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void I1_I2_I3_I4_I5_I6_I7_I10_Whatever_fails_nothing_is_lost_doubled_diverged_or_torn()
    {
        var summary = ManyRuns.FromEnvironment().Run();
        ManyRuns.Report(summary);
        output.WriteLine($"{summary}");
        Assert.True(summary.IsGood, $"{summary}\n{summary.FirstBad?.Report()}");
    }

    /// <summary>The same with plans that CsCheck makes smaller where they fail.</summary>
    [Fact]
    public void I2_I4_I5_Plans_of_any_shape_come_to_rest_with_all_devices_alike() => Plan.Gen.Sample(
        static plan =>
        {
            var result = Simulation.Run(plan);
            Assert.True(result.IsGood, result.Report());
        },
        iter: 150,
        threads: 1);

    [Fact]
    public void A_run_is_a_function_of_its_seed()
    {
        for (var seed = 1UL; seed <= 25; seed++)
        {
            var (first, second) = (Simulation.Run(Plan.Of(seed)), Simulation.Run(Plan.Of(seed)));
            Assert.Equal(first.Trace.Events, second.Trace.Events);
            Assert.Equal((first.Hash, first.Steps), (second.Hash, second.Steps));
        }
    }

    [Fact]
    public void Another_seed_is_another_run() =>
        Assert.NotEqual(Simulation.Run(Plan.Of(1)).Hash, Simulation.Run(Plan.Of(2)).Hash);

    /// <summary>
    /// The in-memory databases of the many runs stand for these: the product's own, whole. Its files cannot be set back to what a disk had.
    /// </summary>
    [Fact]
    public void A_run_on_the_products_own_database_files_goes_the_same_way()
    {
        for (var seed = 1UL; seed <= 6; seed++)
        {
            var plan = Plan.Of(seed, FaultRates.All.Without(FaultKind.PowerCut));
            var folder = Directory.CreateTempSubdirectory("orleanssync-convergence-");
            try
            {
                var onDisk = Simulation.Run(plan, new() { Folder = folder.FullName });
                Assert.True(onDisk.IsGood, onDisk.Report());
                Assert.Equal(Simulation.Run(plan).Trace.Events, onDisk.Trace.Events);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }
}
