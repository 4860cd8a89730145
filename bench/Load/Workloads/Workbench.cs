using System.Diagnostics;
using OrleansSync.Bench.Load.Command;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>What a workload works with: where to measure, how much, and where figures go.</summary>
internal sealed class Workbench(Plan plan, string folder, ResultSink results)
{
    // What is over in less than this many operations is measured several times: one short burst is mostly chance.
    private const int LeastOperations = 150_000;
    private const int MostRounds = 10;

    private int _files;

    /// <summary>Small sizes: for whether it is right, not for how fast it is.</summary>
    public bool Quick => plan.Quick;

    /// <summary>Instead of the workload's own; none: its own.</summary>
    public IReadOnlyList<PushSize> PushSizes => plan.PushSizes;

    public ResultSink Results => results;

    public T Size<T>(T full, T small) => Quick ? small : full;

    /// <summary>How often a case of so many operations is measured.</summary>
    public int RoundsOf(long operations) => Size((int)Math.Clamp(LeastOperations / operations, 1, MostRounds), 1);

    /// <summary>This kind of client is asked for.</summary>
    public bool Wants(string client) => plan.Clients.Contains(client);

    public Task<BenchDatabase> StartDatabaseAsync(CancellationToken cancellationToken)
    {
        var own = Directory.CreateDirectory(Path.Combine(folder, $"database{++_files}"));
        return BenchDatabase.StartAsync(plan.Store, plan.Node, own.FullName, cancellationToken);
    }

    /// <summary>A folder for databases of devices.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(folder, $"devices{++_files}")).FullName;

    /// <summary>Runs work and records what it cost.</summary>
    /// <param name="what">Which figure; its operations, devices and names.</param>
    /// <param name="processes">Beside this one.</param>
    /// <param name="work">What is measured.</param>
    /// <param name="latencies">Of single calls of the work, where they count.</param>
    /// <param name="allocates">Above 0: at most so many bytes, and this process does not collect meanwhile.</param>
    public async Task<Measurement> MeasureAsync(
        Figure what, IReadOnlyList<MeasuredProcess> processes, Func<Task> work, Latencies? latencies = null, long allocates = 0)
    {
        // What was left by the work before is not this one's.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var held = allocates > 0 ? new OwnCollections(allocates) : null;
        var meter = new CostMeter(processes);
        var started = Stopwatch.GetTimestamp();
        await work();
        var elapsed = Stopwatch.GetElapsedTime(started);
        var cost = meter.Stop();
        held?.Check();
        return new Measurement
        {
            Workload = what.Workload,
            Case = what.Case,
            Client = what.Client,
            Store = plan.Backend,
            Devices = what.Devices,
            Operations = what.Operations,
            Seconds = Math.Round(elapsed.TotalSeconds, 4),
            P50Ms = latencies is { Count: > 0 } ? Math.Round(latencies.Percentile(0.5), 3) : null,
            P99Ms = latencies is { Count: > 0 } ? Math.Round(latencies.Percentile(0.99), 3) : null,
            CpuS = cost.CpuSeconds,
            RssMb = cost.PeakMegabytes,
        };
    }
}

/// <summary>The names of a figure and how much it is about.</summary>
internal sealed record Figure(string Workload, string Case, string Client, int Devices, long Operations);

/// <summary>The kinds of clients.</summary>
internal static class Clients
{
    public const string Wire = "wire";
    public const string Full = "full";
    public const string Floor = "floor";
    public const string Peer = "peer";
}
