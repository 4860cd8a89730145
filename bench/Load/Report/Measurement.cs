using System.Text.Json.Serialization;

namespace OrleansSync.Bench.Load.Report;

/// <summary>One figure: what was done, how fast, and what it cost each process. A line of the JSON file.</summary>
internal sealed record Measurement
{
    public required string Workload { get; init; }

    /// <summary>The size within the workload, such as <c>8 x 10000</c>.</summary>
    public required string Case { get; init; }

    /// <summary>wire (no local store), full (the client library), floor (hand-written), peer (another product).</summary>
    public required string Client { get; init; }

    public required string Store { get; init; }

    public int Run { get; init; }

    public required int Devices { get; init; }

    public required long Operations { get; init; }

    public required double Seconds { get; init; }

    public double PerS => Seconds > 0 ? Operations / Seconds : 0;

    public double? P50Ms { get; init; }

    public double? P99Ms { get; init; }

    /// <summary>Of the rates, or of the p50 latencies where the workload measures those: 1 is as good as the floor.</summary>
    public double? FloorRatio { get; init; }

    /// <summary>The workload compared what came out with what had to come out. It fails otherwise, so a line always says true.</summary>
    public bool Verified { get; init; } = true;

    /// <summary>Processor seconds by process.</summary>
    public required IReadOnlyDictionary<string, double> CpuS { get; init; }

    /// <summary>Peak resident memory by process, MB; for the database the proportional share of its processes at the end.</summary>
    public required IReadOnlyDictionary<string, double> RssMb { get; init; }

    /// <summary>What only this workload has, such as bytes a watcher.</summary>
    public IReadOnlyDictionary<string, double>? More { get; init; }

    /// <summary>The same compared with the floor's rate.</summary>
    public Measurement Against(Measurement floor) => this with { FloorRatio = Math.Round(PerS / floor.PerS, 3) };

    /// <summary>Several rounds of one case as one figure: all operations in all the time; latencies are the medians of the rounds'.</summary>
    public static Measurement Total(IReadOnlyList<Measurement> rounds) => rounds[0] with
    {
        Operations = rounds.Sum(static round => round.Operations),
        Seconds = Math.Round(rounds.Sum(static round => round.Seconds), 4),
        P50Ms = Median(rounds.Select(static round => round.P50Ms)),
        P99Ms = Median(rounds.Select(static round => round.P99Ms)),
        CpuS = rounds[0].CpuS.Keys.ToDictionary(
            static name => name, name => Math.Round(rounds.Sum(round => round.CpuS[name]), 2)),
        RssMb = rounds[0].RssMb.Keys.ToDictionary(static name => name, name => rounds.Max(round => round.RssMb[name])),
    };

    /// <summary>The middle one of those that are there; of an even number the higher.</summary>
    public static double? Median(IEnumerable<double?> values)
    {
        var sorted = values.OfType<double>().Order().ToArray();
        return sorted.Length == 0 ? null : sorted[sorted.Length / 2];
    }

    /// <summary>What is compared between runs.</summary>
    [JsonIgnore]
    public (string Workload, string Case, string Client) Key => (Workload, Case, Client);
}

[JsonSerializable(typeof(Measurement))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class MeasurementJson : JsonSerializerContext;
