using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// One device sends what it wrote while it was away. The full client's clock begins when it is told to sync, with everything
/// in its log, and ends when it has all outcomes; the others push the same writes.
/// </summary>
internal sealed class Backlog : IWorkload
{
    private const int WarmUpOperations = 2_000;

    public string Name => "backlog";

    public string Description => "one device with 10,000 operations written while it was away syncs";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        await using var server = await database.StartFloorAsync(cancellationToken);
        var warmUp = new Load(bench, bench.Size(WarmUpOperations, 100), "backlog-warm");
        await warmUp.FloorAsync(server, cancellationToken);
        await warmUp.WireAsync(product, cancellationToken);
        await warmUp.FullAsync(product, cancellationToken);

        var load = new Load(bench, bench.Size(10_000, 300), "backlog");
        var floor = await load.FloorAsync(server, cancellationToken);
        bench.Results.Add(floor);
        bench.Results.Add(Compare(await load.WireAsync(product, cancellationToken), floor));
        bench.Results.Add(Compare(await load.FullAsync(product, cancellationToken), floor));
    }

    private static Measurement Compare(Measurement measured, Measurement floor) => measured with
    {
        FloorRatio = Math.Round(measured.PerS / floor.PerS, 3),
        More = new Dictionary<string, double> { ["time_ratio"] = Math.Round(measured.Seconds / floor.Seconds, 3) },
    };

    private sealed class Load(Workbench bench, int operations, string user)
    {
        private readonly NoteWrites _writes = new(owner: 0, operations, Push.BatchOperations);

        public async Task<Measurement> FloorAsync(FloorServer server, CancellationToken cancellationToken)
        {
            using var channel = Channels.Open(server.Address);
            var (device, latencies) = (new FloorDevice(channel, $"{user}-floor"), new Latencies());
            var measured = await bench.MeasureAsync(
                FigureOf(Clients.Floor),
                server.Processes,
                () => device.PushAsync(device.BatchesOf(_writes), latencies, cancellationToken),
                latencies);
            await Check.FloorNotesAsync(device, _writes, cancellationToken);
            return measured;
        }

        public async Task<Measurement> WireAsync(Product product, CancellationToken cancellationToken)
        {
            using var channel = Channels.Open(product.Address);
            var (device, latencies) = (new WireDevice(channel, $"{user}-wire"), new Latencies());
            await device.OpenAsync(cancellationToken);
            var measured = await bench.MeasureAsync(
                FigureOf(Clients.Wire),
                product.Processes,
                () => device.PushAsync(device.BatchesOf(_writes), latencies, cancellationToken),
                latencies);
            await Check.NotesAsync(product.Address, $"{user}-wire", _writes, cancellationToken);
            return measured;
        }

        public async Task<Measurement> FullAsync(Product product, CancellationToken cancellationToken)
        {
            var folder = bench.NewFolder();
            await using var device = await FullDevice.OpenAsync(
                Path.Combine(folder, "device.db"), product.Address, $"{user}-full", autoSync: false, cancellationToken);
            await device.WriteAsync(_writes, cancellationToken);
            Check.Equal(operations, device.Store.Status.Pending, "Operations that wait");
            var measured = await bench.MeasureAsync(
                FigureOf(Clients.Full), product.Processes, () => device.Store.SyncNowAsync(cancellationToken));
            Check.Equal(0, device.Store.Status.Pending, "Operations left pending");
            Check.Equal(0, device.Store.Status.DeadLetters, "Dead letters");
            await Check.NotesAsync(product.Address, $"{user}-full", _writes, cancellationToken);
            return measured;
        }

        private Figure FigureOf(string client) => new("backlog", $"1 x {operations}", client, Devices: 1, operations);
    }
}
