using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// Devices of different users push at the same time. The full client starts with an empty log: its clock runs from the first
/// local write until the last acknowledgement.
/// </summary>
internal sealed class Push : IWorkload
{
    public const int BatchOperations = 100;

    // The compiler is done with what a push runs through after about 100,000 operations.
    private const int WarmUpDevices = 8;
    private const int WarmUpOperations = 12_500;
    private const int FullWarmUpOperations = 2_500;

    public string Name => "push";

    public string Description => "1, 8, 32 devices push 1,000 and 10,000 operations each (70 % creates), in batches of 100";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var sizes = bench.PushSizes.Count > 0 ? bench.PushSizes : bench.Size<PushSize[]>(
            [new(1, 1_000), new(8, 1_000), new(32, 1_000), new(1, 10_000), new(8, 10_000), new(32, 10_000)], [new(1, 500), new(4, 500)]);
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        await using var server = await database.StartFloorAsync(cancellationToken);
        await WarmUpAsync(bench, Name, product, server, cancellationToken);
        var full = new PushLoad(bench, Name, WarmUpDevices, bench.Size(FullWarmUpOperations, 100), "push-full-warm-up");
        await FullAsync(bench, product, full, floor: null, cancellationToken);
        foreach (var (devices, operations) in sizes)
        {
            var load = new PushLoad(bench, Name, devices, operations, $"push-{devices}-x-{operations}");
            var floor = await load.FloorAsync(server, cancellationToken);
            bench.Results.Add(floor);
            bench.Results.Add(await load.EchoAsync(server, cancellationToken));
            if (bench.Wants(Clients.Wire)) bench.Results.Add(await load.WireAsync(product, floor, cancellationToken));
            if (bench.Wants(Clients.Full)) bench.Results.Add(await FullAsync(bench, product, load, floor, cancellationToken));
        }

        var size = await database.MeasureAsync(cancellationToken);
        var measured = await bench.MeasureAsync(
            new Figure(Name, "storage", Clients.Wire, Devices: 0, size.Operations), product.Processes, () => Task.CompletedTask);
        bench.Results.Add(measured with { Seconds = 0, More = size.PerUnit });
    }

    /// <summary>Code that was never run before is compiled first, on both sides of the wire and on both servers.</summary>
    public static async Task WarmUpAsync(
        Workbench bench, string workload, Product product, FloorServer server, CancellationToken cancellationToken)
    {
        bench.Results.Note("warming up");
        var load = new PushLoad(bench, workload, WarmUpDevices, bench.Size(WarmUpOperations, 100), $"{workload}-warm-up");
        await load.FloorAsync(server, cancellationToken);
        await load.WireAsync(product, floor: null, cancellationToken);
    }

    private static async Task<Measurement> FullAsync(
        Workbench bench, Product product, PushLoad load, Measurement? floor, CancellationToken cancellationToken)
    {
        var (writes, folder) = (load.NewWrites(), bench.NewFolder());
        var clients = new List<FullDevice>();
        for (var i = 0; i < load.Devices; i++)
        {
            var file = Path.Combine(folder, $"{i}.db");
            clients.Add(await FullDevice.OpenAsync(file, product.Address, load.UserOf(Clients.Full, i), autoSync: false, cancellationToken));
            await clients[i].Store.SyncNowAsync(cancellationToken);
        }

        var syncs = new Task[load.Devices];
        var measured = await bench.MeasureAsync(
            load.FigureOf(Clients.Full),
            product.Processes,
            () => load.TogetherAsync(
                async i => syncs[i] = await clients[i].PushAsync(await clients[i].WriteAsync(writes[i], cancellationToken), cancellationToken),
                cancellationToken),
            floor: floor);
        await Task.WhenAll(syncs);
        for (var i = 0; i < load.Devices; i++)
        {
            Check.Equal(0, clients[i].Store.Status.Pending, "Operations left pending");
            await Check.NotesAsync(product.Address, load.UserOf(Clients.Full, i), writes[i], cancellationToken);
            await clients[i].DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
        return measured;
    }
}
