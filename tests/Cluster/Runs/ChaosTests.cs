using System.CommandLine;
using OrleansSync.Chaos;

namespace OrleansSync.Cluster.Tests.Runs;

/// <summary>Short runs with real processes, one at a time: they want the machine for themselves. The seed is in the output.</summary>
[Collection(nameof(ChaosTests))]
[CollectionDefinition(nameof(ChaosTests), DisableParallelization = true)]
public sealed class ChaosTests
{
    [Fact]
    public Task I2_I4_I5_I6_I8_I10_Faults_against_the_embedded_server_lose_double_diverge_and_tear_nothing() =>
        RunAsync("--store", "sqlite", "--seconds", "30", "--seed", "2026", "--purge");

    [Fact]
    public Task I2_I4_I5_I6_I7_I10_Faults_against_a_cluster_lose_double_diverge_and_tear_nothing() =>
        RunAsync("--store", "postgres", "--seconds", "60", "--seed", "2026");

    [Fact]
    public Task I2_I4_I5_I6_I7_I10_Faults_against_a_cluster_of_nodes_lose_double_diverge_and_tear_nothing() =>
        RunAsync("--store", "postgres", "--nodes", "3", "--seconds", "30", "--seed", "2027");

    private static async Task RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        var exit = await ChaosCommand.InvokeAsync(arguments, new InvocationConfiguration { Output = output, Error = output });
        Assert.True(exit == ChaosCommand.Clean, output.ToString());
        Assert.Matches("\nFAULTS [1-9][0-9]+ OPERATIONS [1-9][0-9]+ LOST 0 DOUBLED 0 DIVERGED 0 TORN 0\n$", output.ToString());
    }
}
