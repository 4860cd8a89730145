using System.Globalization;

namespace OrleansSync.Bench.Load.Report;

/// <summary>The medians of several runs, as a table in Markdown.</summary>
internal static class MedianTable
{
    public static void Write(TextWriter output, IReadOnlyList<Measurement> all)
    {
        output.WriteLine();
        output.WriteLine("| workload | case | client | per s | p50 ms | p99 ms | x floor | CPU us/op | peak MB | more |");
        output.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var figure in all.GroupBy(static one => one.Key)) output.WriteLine(Row([.. figure]));
    }

    private static string Row(List<Measurement> runs)
    {
        var one = runs[0];
        var more = one.More?.Keys.Select(key => $"{key} {Median(runs, run => run.More?.GetValueOrDefault(key))}") ?? [];
        string[] cells =
        [
            one.Workload, one.Case, one.Client,
            Median(runs, static run => run.PerS, "N0"),
            Median(runs, static run => run.P50Ms),
            Median(runs, static run => run.P99Ms),
            Median(runs, static run => run.FloorRatio),
            string.Join(", ", one.CpuS.Keys.Select(name =>
                $"{name} {Median(runs, run => run.CpuS[name] * 1e6 / Math.Max(1, run.Operations), "0")}")),
            string.Join(", ", one.RssMb.Keys.Select(name => $"{name} {Median(runs, run => run.RssMb[name], "0")}")),
            string.Join(", ", more),
        ];
        return $"| {string.Join(" | ", cells)} |";
    }

    private static string Median(List<Measurement> runs, Func<Measurement, double?> value, string format = "0.##") =>
        Measurement.Median(runs.Select(value))?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
