using System.Diagnostics;
using System.Globalization;
using OrleansSync.Convergence.Tests.Workload;

namespace OrleansSync.Convergence.Tests.Runs;

/// <summary>
/// Runs seed after seed, each on one thread, as many at once as there are cores. How many and from where the environment
/// says (see scripts/simulate): ORLEANSSYNC_SIMULATE_RUNS, ORLEANSSYNC_SIMULATE_SEED, ORLEANSSYNC_SIMULATE_SECONDS.
/// </summary>
internal sealed record ManyRuns(ulong FirstSeed, int Runs, TimeSpan Time)
{
    public static ManyRuns FromEnvironment()
    {
        var runs = Read("RUNS");
        return new(
            (ulong)(Read("SEED") ?? 1),
            (int)(runs ?? int.MaxValue),
            TimeSpan.FromSeconds(Read("SECONDS") ?? (runs is null ? 60 : 86_400)));
    }

    public Summary Run(RunOptions? options = null)
    {
        var summary = new Summary();
        var watch = Stopwatch.StartNew();
        var next = -1;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return summary;

        void Work()
        {
            while (watch.Elapsed < Time && summary.IsGood)
            {
                var run = Interlocked.Increment(ref next);
                if (run >= Runs) return;
                summary.Add(Simulation.Run(Plan.Of(FirstSeed + (ulong)run), options));
            }
        }
    }

    /// <summary>For the script: the first bad run, if any, and the summary as the last line.</summary>
    public static void Report(Summary summary)
    {
        if (Environment.GetEnvironmentVariable("ORLEANSSYNC_SIMULATE_REPORT") is not { } path) return;
        File.WriteAllLines(path, summary.FirstBad is { } bad ? [bad.Report(), $"{summary}"] : [$"{summary}"]);
    }

    private static long? Read(string name) =>
        long.TryParse(Environment.GetEnvironmentVariable($"ORLEANSSYNC_SIMULATE_{name}"), CultureInfo.InvariantCulture, out var value) ? value : null;
}
