using System.Globalization;

namespace OrleansSync.Bench.Load.Processes;

/// <summary>A process whose cost is measured; with its children where they are processes of the same program (PostgreSQL).</summary>
internal sealed record MeasuredProcess(string Name, int Id, bool WithChildren = false)
{
    // The unit of times in /proc: USER_HZ, 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;
    private const double KibibytesPerMegabyte = 1_000_000 / 1_024.0;

    /// <summary>This one, which makes the load.</summary>
    public static MeasuredProcess Own { get; } = new("load", Environment.ProcessId);

    /// <summary>Processor seconds so far, of children that have ended too.</summary>
    public double CpuSeconds() => All().Sum(id => Ticks(id, withEndedChildren: WithChildren)) / TicksPerSecond;

    /// <summary>Starts a new peak.</summary>
    public void ResetPeak()
    {
        // Writing 5 resets the high-water mark; where that is not allowed the peak is that of the process's life.
        if (!WithChildren) TryWrite($"/proc/{Id}/clear_refs", "5");
    }

    /// <summary>
    /// Peak resident memory since the reset, MB. Of a family of processes the sum of proportional shares now: their peaks would
    /// count shared memory once a process.
    /// </summary>
    public double PeakMegabytes() => (WithChildren
        ? All().Sum(static id => Kibibytes($"/proc/{id}/smaps_rollup", "Pss:"))
        : Kibibytes($"/proc/{Id}/status", "VmHWM:")) / KibibytesPerMegabyte;

    /// <summary>Resident memory now, bytes.</summary>
    public double ResidentBytes() => All().Sum(static id => Kibibytes($"/proc/{id}/status", "VmRSS:")) * 1_024;

    private List<int> All()
    {
        List<int> ids = [Id];
        if (!WithChildren) return ids;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            if (Stat(id) is { } stat && stat[1] == Id.ToString(CultureInfo.InvariantCulture)) ids.Add(id);
        }

        return ids;
    }

    private static double Ticks(int id, bool withEndedChildren)
    {
        if (Stat(id) is not { } stat) return 0;
        var own = Number(stat[11]) + Number(stat[12]);
        return withEndedChildren ? own + Number(stat[13]) + Number(stat[14]) : own;
    }

    // What follows the name: state, parent, … utime, stime, cutime, cstime at 11 to 14.
    private static string[]? Stat(int id) => TryRead($"/proc/{id}/stat") is { } text ? text[(text.LastIndexOf(')') + 2)..].Split(' ') : null;

    private static double Kibibytes(string file, string key)
    {
        foreach (var line in (TryRead(file) ?? "").Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal)) return Number(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim());
        }

        return 0;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    // A process may end at any time, and a file may be none of ours to read.
    private static string? TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void TryWrite(string file, string text)
    {
        try
        {
            File.WriteAllText(file, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Said above.
        }
    }
}
