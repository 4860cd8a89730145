using System.Globalization;
using System.Text.Json;

namespace OrleansSync.Bench.Load.Report;

/// <summary>Takes figures as they come: a line for people, a line of JSON where one was asked for.</summary>
internal sealed class ResultSink(TextWriter screen, StreamWriter? json)
{
    private readonly List<Measurement> _all = [];

    public IReadOnlyList<Measurement> All => _all;

    /// <summary>Which repetition is under way, from 1.</summary>
    public int Run { get; set; } = 1;

    public void Add(Measurement measured)
    {
        var measurement = measured with { Run = Run };
        _all.Add(measurement);
        json?.WriteLine(JsonSerializer.Serialize(measurement, MeasurementJson.Default.Measurement));
        json?.Flush();
        screen.WriteLine(Line(measurement));
    }

    /// <summary>Says what is going on.</summary>
    public void Note(string text) => screen.WriteLine($"  {text}");

    private static string Line(Measurement measured)
    {
        var latency = measured.P50Ms is { } p50 ? Text($"  p50 {p50:0.00} ms  p99 {measured.P99Ms:0.00} ms") : "";
        var ratio = measured.FloorRatio is { } floor ? Text($"  {floor:0.00} x floor") : "";
        var more = measured.More is { } extra ? "  " + string.Join("  ", extra.Select(static pair => Text($"{pair.Key} {pair.Value:0.##}"))) : "";
        var cpu = string.Join("  ", measured.CpuS.Select(pair => Text($"{pair.Key} {pair.Value * 1e6 / Math.Max(1, measured.Operations):0} us")));
        var rss = string.Join("  ", measured.RssMb.Select(static pair => Text($"{pair.Key} {pair.Value:0} MB")));
        return Text($"{measured.Workload,-10} {measured.Case,-14} {measured.Client,-5} {measured.PerS,10:N0}/s{latency}{ratio}{more}")
            + $"  | CPU/op {cpu} | {rss}";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
