using System.Text.Json.Nodes;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;
using OrleansSync.Client;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// Devices of one user write to the same entities at the same time. Without a floor: the hand-written endpoint does not merge.
/// Wire: until everything is acknowledged. Full: from the first local write until all devices hold the same.
/// </summary>
internal sealed class Contended : IWorkload
{
    private const int WarmUpOperations = 200;

    public string Name => "contended";

    public string Description => "8 devices of one user on the same 10 entities: 1,000 operations each on the wire, 500 each with the client";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        await using var database = await bench.StartDatabaseAsync(cancellationToken);
        await using var product = await database.StartProductAsync(cancellationToken);
        var warmUp = new CounterWrites(2, bench.Size(WarmUpOperations, 40));
        await WireAsync("contended-warm-wire", warmUp);
        await FullAsync("contended-warm-full", warmUp);
        var devices = bench.Size(8, 4);
        bench.Results.Add(await WireAsync("contended-wire", new CounterWrites(devices, bench.Size(1_000, 60))));
        bench.Results.Add(await FullAsync("contended-full", new CounterWrites(devices, bench.Size(500, 60))));

        Task<Measurement> WireAsync(string user, CounterWrites writes) => MeasureWireAsync(bench, product, user, writes, cancellationToken);

        Task<Measurement> FullAsync(string user, CounterWrites writes) => MeasureFullAsync(bench, product, user, writes, cancellationToken);
    }

    private static async Task<Measurement> MeasureWireAsync(
        Workbench bench, Product product, string user, CounterWrites writes, CancellationToken cancellationToken)
    {
        var operations = new CounterOperations(writes);
        var channels = Enumerable.Range(0, writes.Devices).Select(_ => Channels.Open(product.Address)).ToArray();
        var devices = channels.Select(channel => new WireDevice(channel, user)).ToArray();
        var creator = new WireDevice(channels[0], user);
        await creator.OpenAsync(cancellationToken);
        await creator.PushAsync([operations.Creates(creator)], new Latencies(), cancellationToken);
        var rows = await Check.RowsAsync(product.Address, user, cancellationToken);
        // After the creates, as devices that hold these rows.
        foreach (var device in devices) await device.OpenAsync(cancellationToken);
        var batches = devices.Select((device, i) =>
            writes.Of(i).Chunk(Push.BatchOperations).Select(some => operations.Updates(device, rows, some)).ToArray()).ToArray();

        var latencies = new Latencies();
        var measured = await bench.MeasureAsync(
            FigureOf(Clients.Wire, writes),
            product.Processes,
            () => Task.WhenAll(devices.Select((device, i) =>
                Task.Run(() => device.PushAsync(batches[i], latencies, cancellationToken), cancellationToken))),
            latencies);
        operations.Verify(await Check.RowsAsync(product.Address, user, cancellationToken));
        foreach (var channel in channels) channel.Dispose();
        return measured;
    }

    private static async Task<Measurement> MeasureFullAsync(
        Workbench bench, Product product, string user, CounterWrites writes, CancellationToken cancellationToken)
    {
        var folder = bench.NewFolder();
        var devices = new List<FullDevice>();
        for (var i = 0; i < writes.Devices; i++)
            devices.Add(await FullDevice.OpenAsync(Path.Combine(folder, $"{i}.db"), product.Address, user, autoSync: false, cancellationToken));
        foreach (var id in writes.Ids) await Counters(devices[0]).PutAsync(NewCounter(id), cancellationToken);
        foreach (var device in devices) await device.Store.SyncNowAsync(cancellationToken);

        var measured = await bench.MeasureAsync(
            FigureOf(Clients.Full, writes),
            product.Processes,
            async () =>
            {
                await Task.WhenAll(devices.Select((device, i) => Task.Run(
                    async () =>
                    {
                        await WriteAsync(device, writes, i, cancellationToken);
                        await device.Store.SyncNowAsync(cancellationToken);
                    },
                    cancellationToken)));
                // What the others pushed after it had pulled.
                await Task.WhenAll(devices.Select(device => Task.Run(() => device.Store.SyncNowAsync(cancellationToken), cancellationToken)));
            });
        foreach (var device in devices) await VerifyAsync(device, devices[0], writes, cancellationToken);
        CounterOperations.VerifySums(writes, await Check.RowsAsync(product.Address, user, cancellationToken));
        foreach (var device in devices) await device.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        return measured;
    }

    private static async Task WriteAsync(FullDevice device, CounterWrites writes, int number, CancellationToken cancellationToken)
    {
        var counters = Counters(device);
        foreach (var some in writes.Of(number).Chunk(Push.BatchOperations))
        {
            await Task.WhenAll(some.Select(write => counters.PatchAsync(
                writes.Ids[write.Entity],
                patch =>
                {
                    patch.Increment(CounterWrites.Count);
                    if (write.Field is { } field) patch.Set(field, write.Value);
                },
                cancellationToken)));
        }
    }

    private static async Task VerifyAsync(FullDevice device, FullDevice first, CounterWrites writes, CancellationToken cancellationToken)
    {
        var whose = $"device {device.Store.DeviceId}";
        Check.Equal(0, device.Store.Status.Pending, $"Operations left pending on {whose}");
        Check.Equal(0, device.Store.Status.DeadLetters, $"Dead letters of {whose}");
        for (var i = 0; i < writes.Ids.Count; i++)
        {
            var id = writes.Ids[i];
            var found = await Counters(device).FindAsync(id, cancellationToken) ?? throw new BenchException($"No {id} on {whose}.");
            Check.Equal(writes.Sum(i), found.Fields[CounterWrites.Count]?.GetValue<long>(), $"{CounterWrites.Count} of {id} on {whose}");
            foreach (var field in new[] { CounterWrites.LastBy, CounterWrites.Note })
            {
                var value = found.Fields[field]?.GetValue<string>();
                if (!writes.Wrote(i, field, value)) throw new BenchException($"{field} of {id} on {whose} is {value}, which nobody wrote.");
            }
        }

        Check.Equal(
            await first.Store.DigestAsync(cancellationToken: cancellationToken),
            await device.Store.DigestAsync(cancellationToken: cancellationToken),
            $"Digest of {whose}");
    }

    private static SyncCollection<SyncDocument> Counters(FullDevice device) => device.Store.Collection(CounterWrites.Type);

    private static SyncDocument NewCounter(string id) => new(
        id, new JsonObject { [CounterWrites.LastBy] = CounterWrites.Untouched, [CounterWrites.Note] = CounterWrites.Untouched });

    private static Figure FigureOf(string client, CounterWrites writes) => new(
        "contended", $"{writes.Devices} x {writes.Operations}", client, writes.Devices, (long)writes.Devices * writes.Operations);
}
