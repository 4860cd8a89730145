using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// One device sends what it wrote while it was away. The full client's clock begins when it is told to sync, with everything
/// in its log, and ends with the last acknowledgement; the others push the same writes.
/// </summary>
internal sealed class Backlog : IWorkload
{
    public string Name => "backlog";

    public string Description => "one device with 10,000 operations written while it was away syncs";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        await using var server = await database.StartFloorAsync(cancellationToken);
        await Push.WarmUpAsync(
            bench, Name, product, server, warmUp => FullAsync(bench, product, warmUp, cancellationToken), cancellationToken);

        var load = new PushLoad(bench, Name, devices: 1, bench.Size(10_000, 300), "backlog");
        var floor = await load.FloorAsync(server, cancellationToken);
        bench.Results.Add(floor);
        bench.Results.Add(Compare(await load.WireAsync(product, cancellationToken), floor));
        bench.Results.Add(Compare(await FullAsync(bench, product, load, cancellationToken), floor));
    }

    private static Measurement Compare(Measurement measured, Measurement floor) => measured.Against(floor) with
    {
        More = new Dictionary<string, double> { ["time_ratio"] = Math.Round(measured.Seconds / floor.Seconds, 3) },
    };

    private static async Task<Measurement> FullAsync(
        Workbench bench, Product product, PushLoad load, CancellationToken cancellationToken)
    {
        var (writes, folder, user) = (load.NewWrites()[0], bench.NewFolder(), load.UserOf(Clients.Full, 0));
        await using var device = await FullDevice.OpenAsync(
            Path.Combine(folder, "device.db"), product.Address, user, autoSync: false, cancellationToken);
        var receipts = await device.WriteAsync(writes, cancellationToken);
        Check.Equal(writes.Count, device.Store.Status.Pending, "Operations that wait");
        var sync = Task.CompletedTask;
        var measured = await bench.MeasureAsync(
            load.FigureOf(Clients.Full),
            product.Processes,
            async () => sync = await device.PushAsync(receipts, cancellationToken));
        await sync;
        Check.Equal(0, device.Store.Status.Pending, "Operations left pending");
        Check.Equal(0, device.Store.Status.DeadLetters, "Dead letters");
        await Check.NotesAsync(product.Address, user, writes, cancellationToken);
        return measured;
    }
}
