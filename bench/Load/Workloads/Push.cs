using OrleansSync.Bench.Load.Data;
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

    private const int WarmUpOperations = 2_000;

    public string Name => "push";

    public string Description => "1, 8, 32 devices push 1,000 and 10,000 operations each (70 % creates), in batches of 100";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var sizes = bench.PushSizes.Count > 0 ? bench.PushSizes : bench.Size<PushSize[]>(
            [new(1, 1_000), new(8, 1_000), new(32, 1_000), new(1, 10_000), new(8, 10_000), new(32, 10_000)], [new(1, 500), new(4, 500)]);
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        await using var server = await database.StartFloorAsync(cancellationToken);
        await WarmUpAsync(bench, product, server, cancellationToken);
        foreach (var (devices, operations) in sizes)
        {
            var load = new Load(bench, devices, operations, $"{devices} x {operations}");
            var floor = await load.FloorAsync(server, cancellationToken);
            if (bench.Wants(Clients.Wire)) await load.WireAsync(product, floor, cancellationToken);
            if (bench.Wants(Clients.Full)) await load.FullAsync(product, floor, cancellationToken);
        }
    }

    // Code that was never run before is compiled first, on both sides of the wire.
    private static async Task WarmUpAsync(Workbench bench, Product product, FloorServer server, CancellationToken cancellationToken)
    {
        var load = new Load(bench, 4, bench.Size(WarmUpOperations, 100), "warm-up") { IsRecorded = false };
        await load.FloorAsync(server, cancellationToken);
        await load.WireAsync(product, floor: null, cancellationToken);
        await load.FullAsync(product, floor: null, cancellationToken);
    }

    private sealed class Load(Workbench bench, int devices, int operations, string size)
    {
        public bool IsRecorded { get; init; } = true;

        public async Task<Measurement> FloorAsync(FloorServer server, CancellationToken cancellationToken)
        {
            var (writes, latencies) = (Writes(), new Latencies());
            var channels = writes.Select(_ => Channels.Open(server.Address)).ToArray();
            var clients = channels.Select((channel, i) => new FloorDevice(channel, UserOf(Clients.Floor, i))).ToArray();
            var measured = await bench.MeasureAsync(
                FigureOf(Clients.Floor),
                server.Processes,
                () => Task.WhenAll(clients.Select((client, i) =>
                    Task.Run(() => client.PushAsync(client.BatchesOf(writes[i]), latencies, cancellationToken), cancellationToken))),
                latencies);
            for (var i = 0; i < devices; i++) await Check.FloorNotesAsync(clients[i], writes[i], cancellationToken);
            foreach (var channel in channels) channel.Dispose();
            return Record(measured);
        }

        public async Task WireAsync(Product product, Measurement? floor, CancellationToken cancellationToken)
        {
            var (writes, latencies) = (Writes(), new Latencies());
            var channels = writes.Select(_ => Channels.Open(product.Address)).ToArray();
            var clients = channels.Select((channel, i) => new WireDevice(channel, UserOf(Clients.Wire, i))).ToArray();
            foreach (var client in clients) await client.OpenAsync(cancellationToken);
            var measured = await bench.MeasureAsync(
                FigureOf(Clients.Wire),
                product.Processes,
                () => Task.WhenAll(clients.Select((client, i) =>
                    Task.Run(() => client.PushAsync(client.BatchesOf(writes[i]), latencies, cancellationToken), cancellationToken))),
                latencies,
                floor);
            for (var i = 0; i < devices; i++)
                await Check.NotesAsync(product.Address, UserOf(Clients.Wire, i), writes[i], cancellationToken);
            foreach (var channel in channels) channel.Dispose();
            Record(measured);
        }

        public async Task FullAsync(Product product, Measurement? floor, CancellationToken cancellationToken)
        {
            var (writes, folder) = (Writes(), bench.NewFolder());
            var clients = new List<FullDevice>();
            for (var i = 0; i < devices; i++)
            {
                var file = Path.Combine(folder, $"{i}.db");
                clients.Add(await FullDevice.OpenAsync(file, product.Address, UserOf(Clients.Full, i), autoSync: false, cancellationToken));
                await clients[i].Store.SyncNowAsync(cancellationToken);
            }

            var measured = await bench.MeasureAsync(
                FigureOf(Clients.Full),
                product.Processes,
                () => Task.WhenAll(clients.Select((client, i) => Task.Run(
                    async () =>
                    {
                        await client.WriteAsync(writes[i], cancellationToken);
                        await client.Store.SyncNowAsync(cancellationToken);
                    },
                    cancellationToken))),
                floor: floor);
            for (var i = 0; i < devices; i++)
            {
                Check.Equal(0, clients[i].Store.Status.Pending, "Operations left pending");
                await Check.NotesAsync(product.Address, UserOf(Clients.Full, i), writes[i], cancellationToken);
                await clients[i].DisposeAsync();
            }

            Directory.Delete(folder, recursive: true);
            Record(measured);
        }

        private NoteWrites[] Writes() =>
            [.. Enumerable.Range(0, devices).Select(device => new NoteWrites(device, operations, BatchOperations))];

        private string UserOf(string client, int device) => $"push-{client}-{size.Replace(' ', '-')}-{device}";

        private Figure FigureOf(string client) => new("push", size, client, devices, (long)devices * operations);

        private Measurement Record(Measurement measured)
        {
            if (IsRecorded) bench.Results.Add(measured);
            return measured;
        }
    }
}
