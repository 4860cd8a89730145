using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Bench.Load.Report;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// How long a write of one device takes to be visible on another one of the user that watches. One write after the other: the
/// rate says nothing, the latencies do, and the floor is compared with by those.
/// </summary>
internal sealed class Roundtrip : IWorkload
{
    // Far above any pause of a collector or a disk: something is lost.
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(30);

    private const int WarmUpPart = 1_000;

    public string Name => "roundtrip";

    public string Description => "a write until another device of the user that watches shows it, 2,000 times";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        await using var server = await database.StartFloorAsync(cancellationToken);
        var floor = await MeasureAsync(
            Clients.Floor, server.Processes, await FloorPair.OpenAsync(server.Address, "roundtrip-floor", cancellationToken));
        bench.Results.Add(floor);
        var wire = await MeasureAsync(
            Clients.Wire, product.Processes, await WirePair.OpenAsync(product.Address, "roundtrip-wire", cancellationToken));
        bench.Results.Add(Compare(wire, floor));
        var folder = bench.NewFolder();
        var full = await MeasureAsync(
            Clients.Full, product.Processes, await FullPair.OpenAsync(folder, product.Address, "roundtrip-full", cancellationToken));
        bench.Results.Add(Compare(full, floor));

        async Task<Measurement> MeasureAsync(string client, IReadOnlyList<MeasuredProcess> processes, IPair pair)
        {
            await using var owned = pair;
            var (samples, warmUp) = (bench.Size(2_000, 30), bench.Size(5_000, 5));
            await WarmUpAsync(pair, warmUp, processes, cancellationToken);
            var latencies = new Latencies();
            return await bench.MeasureAsync(
                new Figure(Name, $"{samples} writes", client, Devices: 2, samples),
                processes,
                () => WriteAsync(pair, warmUp, samples, latencies, cancellationToken),
                latencies);
        }
    }

    private static Measurement Compare(Measurement measured, Measurement floor) => measured with
    {
        FloorRatio = Math.Round(floor.P50Ms!.Value / measured.P50Ms!.Value, 3),
        More = new Dictionary<string, double> { ["latency_ratio"] = Math.Round(measured.P50Ms.Value / floor.P50Ms.Value, 3) },
    };

    /// <summary>The first so many, in parts: the compiler works beside them, and takes its next step when the processes come to rest.</summary>
    public static async Task WarmUpAsync(
        IPair pair, int count, IReadOnlyList<MeasuredProcess> processes, CancellationToken cancellationToken)
    {
        for (var written = 0; written < count; written += WarmUpPart)
        {
            await WriteAsync(pair, written, Math.Min(WarmUpPart, count - written), new Latencies(), cancellationToken);
            await Quiet.ProcessorAsync(processes, cancellationToken);
        }
    }

    /// <summary>Writes so many notes, one after the other; each must be seen before the next one.</summary>
    public static async Task WriteAsync(IPair pair, int first, int count, Latencies latencies, CancellationToken cancellationToken)
    {
        for (var i = first; i < first + count; i++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Lost);
            try
            {
                latencies.Add(await pair.WriteAsync(Note.Of(Guid.CreateVersion7().ToString(), owner: 0, i, version: 0), limit.Token));
            }
            catch (Exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new BenchException($"Write {i} was not seen on the other device within {Lost.TotalSeconds:0} s.");
            }
        }
    }
}
