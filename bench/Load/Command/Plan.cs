using OrleansSync.Backends;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Workloads;

namespace OrleansSync.Bench.Load.Command;

/// <summary>What is to be run, and the running of it: workload after workload, each on databases and servers of its own.</summary>
internal sealed record Plan(IReadOnlyList<IWorkload> Workloads, BackendStore Store, int Runs)
{
    public required bool Quick { get; init; }

    /// <summary>On PostgreSQL: one process that is silo and gateway both.</summary>
    public required bool Node { get; init; }

    /// <summary>What figures are of.</summary>
    public string Backend => Store.ToString().ToLowerInvariant() + (Node ? ", node" : "");

    public required IReadOnlyList<string> Clients { get; init; }

    public required IReadOnlyList<PushSize> PushSizes { get; init; }

    public async Task RunAsync(FileInfo? json, TextWriter output, CancellationToken cancellationToken)
    {
        await using var writer = json is null ? null : new StreamWriter(json.FullName, append: false);
        var results = new ResultSink(output, writer);
        for (var run = 1; run <= Runs; run++)
        {
            foreach (var workload in Workloads)
            {
                await output.WriteLineAsync($"== {workload.Name} on {Backend}, run {run} of {Runs}: {workload.Description}");
                results.Run = run;
                await RunAsync(workload, results, cancellationToken);
            }
        }

        if (Runs > 1) MedianTable.Write(output, results.All);
    }

    private async Task RunAsync(IWorkload workload, ResultSink results, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("orleanssync-bench-").FullName;
        try
        {
            await workload.RunAsync(new Workbench(this, folder, results), cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
