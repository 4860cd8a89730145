using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Processes;
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

    // The compiler is done with what an operation runs through after about 100,000 of them, and with what a device does once, such as opening
    // its database, after so many devices. It works beside them and goes from step to step in pauses only, so they come in parts.
    private const int WarmUpDevices = 32;
    public const int WarmUpParts = 6;
    private const int WarmUpOperations = 1_000;

    public string Name => "push";

    public string Description => "1, 8, 32 devices push 1,000 and 10,000 operations each (70 % creates), in batches of 100";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var sizes = bench.PushSizes.Count > 0 ? bench.PushSizes : bench.Size<PushSize[]>(
            [new(1, 1_000), new(8, 1_000), new(32, 1_000), new(1, 10_000), new(8, 10_000), new(32, 10_000)], [new(1, 500), new(4, 500)]);
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        await using var server = await database.StartFloorAsync(cancellationToken);
        await WarmUpAsync(
            bench, Name, product, server, load => FullAsync(bench, product, load, cancellationToken), cancellationToken);
        foreach (var (devices, operations) in sizes)
        {
            var (floor, echo, wire, client) = (new List<Measurement>(), new List<Measurement>(), new List<Measurement>(), new List<Measurement>());
            var rounds = bench.RoundsOf(devices * operations);
            for (var round = 0; round < rounds; round++)
            {
                var load = new PushLoad(bench, Name, devices, operations, $"push-{devices}-x-{operations}-{round}");
                floor.Add(await load.FloorAsync(server, cancellationToken));
                echo.Add(await load.EchoAsync(server, cancellationToken));
                if (bench.Wants(Clients.Wire)) wire.Add(await load.WireAsync(product, cancellationToken));
                if (bench.Wants(Clients.Full)) client.Add(await FullAsync(bench, product, load, cancellationToken));
            }

            var whole = Measurement.Total(floor);
            bench.Results.Add(whole);
            bench.Results.Add(Measurement.Total(echo));
            if (wire.Count > 0) bench.Results.Add(Measurement.Total(wire).Against(whole));
            if (client.Count > 0) bench.Results.Add(Measurement.Total(client).Against(whole));
        }

        var size = await database.MeasureAsync(cancellationToken);
        var measured = await bench.MeasureAsync(
            new Figure(Name, "storage", Clients.Wire, Devices: 0, size.Operations), product.Processes, () => Task.CompletedTask);
        bench.Results.Add(measured with { Seconds = 0, More = size.PerUnit });
    }

    /// <summary>Code that was never run before is compiled first, on both sides of the wire and on both servers.</summary>
    public static async Task WarmUpAsync(
        Workbench bench, string workload, Product product, FloorServer server, Func<PushLoad, Task> full, CancellationToken cancellationToken)
    {
        bench.Results.Note("warming up");
        MeasuredProcess[] processes = [.. product.Processes, .. server.Processes];
        for (var part = 0; part < bench.Size(WarmUpParts, 1); part++)
        {
            var load = new PushLoad(bench, workload, bench.Size(WarmUpDevices, 8), bench.Size(WarmUpOperations, 100), $"{workload}-warm-up-{part}");
            await load.FloorAsync(server, cancellationToken);
            await load.WireAsync(product, cancellationToken);
            await full(load);
            await Quiet.ProcessorAsync(processes, cancellationToken);
        }
    }

    private static async Task<Measurement> FullAsync(
        Workbench bench, Product product, PushLoad load, CancellationToken cancellationToken)
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
                cancellationToken));
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
