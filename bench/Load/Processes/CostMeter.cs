namespace OrleansSync.Bench.Load.Processes;

/// <summary>What some processes cost between its making and <see cref="Stop"/>.</summary>
internal sealed class CostMeter
{
    private readonly (MeasuredProcess Process, double CpuSeconds)[] _started;

    public CostMeter(IEnumerable<MeasuredProcess> processes)
    {
        MeasuredProcess[] all = [.. processes, MeasuredProcess.Own];
        foreach (var process in all) process.ResetPeak();
        _started = [.. all.Select(static process => (process, process.CpuSeconds()))];
    }

    public Cost Stop() => new(
        _started.ToDictionary(static start => start.Process.Name, static start => Math.Round(start.Process.CpuSeconds() - start.CpuSeconds, 2)),
        _started.ToDictionary(static start => start.Process.Name, static start => Math.Round(start.Process.PeakMegabytes(), 1)));
}

internal sealed record Cost(IReadOnlyDictionary<string, double> CpuSeconds, IReadOnlyDictionary<string, double> PeakMegabytes);
