using Grpc.Net.Client;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>Devices of different users push the same writes, to the hand-written endpoint or on the wire, all at the same time.</summary>
internal sealed class PushLoad(Workbench bench, string workload, int devices, int operations, string users)
{
    public int Devices => devices;

    /// <summary>What each device writes.</summary>
    public NoteWrites[] NewWrites() => [.. Enumerable.Range(0, devices).Select(device => new NoteWrites(device, operations, Push.BatchOperations))];

    public string UserOf(string client, int device) => $"{users}-{client}-{device}";

    public Figure FigureOf(string client) => new(workload, $"{devices} x {operations}", client, devices, (long)devices * operations);

    public Task<Measurement> FloorAsync(FloorServer server, CancellationToken cancellationToken) => FloorAsync(
        server,
        FigureOf(Clients.Floor),
        (client, writes, latencies) => client.PushAsync(client.BatchesOf(writes), latencies, cancellationToken),
        (client, writes) => Check.FloorNotesAsync(client, writes, cancellationToken),
        cancellationToken);

    /// <summary>The same messages, answered with themselves: what the transport alone can do.</summary>
    public Task<Measurement> EchoAsync(FloorServer server, CancellationToken cancellationToken)
    {
        var figure = FigureOf(Clients.Floor);
        // Each answer is looked at as it comes; nothing is stored that could be looked at after it.
        return FloorAsync(
            server,
            figure with { Case = $"{figure.Case} echo" },
            (client, writes, latencies) => client.EchoAsync(client.BatchesOf(writes), latencies, cancellationToken),
            static (_, _) => Task.CompletedTask,
            cancellationToken);
    }

    public async Task<Measurement> WireAsync(Product product, CancellationToken cancellationToken)
    {
        var (writes, latencies, channels) = (NewWrites(), new Latencies(), Open(product.Address));
        var clients = channels.Select((channel, i) => new WireDevice(channel, UserOf(Clients.Wire, i))).ToArray();
        foreach (var client in clients) await client.OpenAsync(cancellationToken);
        var measured = await bench.MeasureAsync(
            FigureOf(Clients.Wire),
            product.Processes,
            () => TogetherAsync(i => clients[i].PushAsync(clients[i].BatchesOf(writes[i]), latencies, cancellationToken), cancellationToken),
            latencies);
        for (var i = 0; i < devices; i++)
            await Check.NotesAsync(product.Address, UserOf(Clients.Wire, i), writes[i], cancellationToken);
        foreach (var channel in channels) channel.Dispose();
        return measured;
    }

    /// <summary>Every device on a thread of the pool.</summary>
    public Task TogetherAsync(Func<int, Task> device, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, devices).Select(i => Task.Run(() => device(i), cancellationToken)));

    private async Task<Measurement> FloorAsync(
        FloorServer server,
        Figure figure,
        Func<FloorDevice, NoteWrites, Latencies, Task> push,
        Func<FloorDevice, NoteWrites, Task> verify,
        CancellationToken cancellationToken)
    {
        var (writes, latencies, channels) = (NewWrites(), new Latencies(), Open(server.Address));
        var clients = channels.Select((channel, i) => new FloorDevice(channel, UserOf(Clients.Floor, i))).ToArray();
        var measured = await bench.MeasureAsync(
            figure, server.Processes, () => TogetherAsync(i => push(clients[i], writes[i], latencies), cancellationToken), latencies);
        for (var i = 0; i < devices; i++) await verify(clients[i], writes[i]);
        foreach (var channel in channels) channel.Dispose();
        return measured;
    }

    private GrpcChannel[] Open(Uri address) => [.. Enumerable.Range(0, devices).Select(_ => Channels.Open(address))];
}
