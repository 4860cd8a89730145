using OrleansSync.Bench.Load.Report;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>What an operation costs, and how many times as much as at the first size.</summary>
internal sealed class GrowthCosts
{
    private (double Time, double Cpu)? _first;

    public Measurement Compare(Measurement measured)
    {
        var operations = Math.Max(1, measured.Operations);
        var time = measured.Seconds * 1e6 / operations;
        var cpu = measured.CpuS.Where(static process => process.Key != "load").Sum(static process => process.Value) * 1e6 / operations;
        var more = new Dictionary<string, double> { ["server_us"] = Math.Round(cpu, 1), ["time_us"] = Math.Round(time, 1) };
        if (_first is { } first)
        {
            more["time_ratio"] = Ratio(time, first.Time);
            more["cpu_ratio"] = Ratio(cpu, first.Cpu);
        }

        _first ??= (time, cpu);
        return measured with { More = more };
    }

    // Processor time comes in units of 10 ms: of a small size it may be none.
    private static double Ratio(double value, double first) => first > 0 ? Math.Round(value / first, 3) : 0;
}
