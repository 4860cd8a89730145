using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Bench.Floor.V1;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Protocol;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>A client of the hand-written endpoint.</summary>
internal sealed class FloorDevice(GrpcChannel channel, string user)
{
    private const int Window = 4;

    private readonly Floor.V1.Floor.FloorClient _client = new(channel);

    public Floor.V1.Floor.FloorClient Client => _client;

    public string User => user;

    public async Task PushAsync(IEnumerable<PushRequest> batches, Latencies latencies, CancellationToken cancellationToken)
    {
        using var call = _client.Push(cancellationToken: cancellationToken);
        await Pipeline.RunAsync(
            batches,
            Window,
            (batch, token) => call.RequestStream.WriteAsync(batch, token),
            async token =>
            {
                if (!await call.ResponseStream.MoveNext(token)) throw new BenchException("The floor ended a push.");
            },
            latencies,
            cancellationToken);
        await call.RequestStream.CompleteAsync();
    }

    /// <summary>Sends batches that come back as they are.</summary>
    public async Task EchoAsync(IEnumerable<PushRequest> batches, Latencies latencies, CancellationToken cancellationToken)
    {
        using var call = _client.Echo(cancellationToken: cancellationToken);
        await Pipeline.RunAsync(
            batches,
            Window,
            (batch, token) => call.RequestStream.WriteAsync(batch, token),
            async token =>
            {
                if (!await call.ResponseStream.MoveNext(token)) throw new BenchException("The floor ended an echo.");
                if (call.ResponseStream.Current.Writes.Count == 0) throw new BenchException("An echo came back empty.");
            },
            latencies,
            cancellationToken);
        await call.RequestStream.CompleteAsync();
    }

    public IEnumerable<PushRequest> BatchesOf(NoteWrites writes) => writes.Batches.Select(batch =>
    {
        var wire = new PushRequest { User = user };
        foreach (var write in batch) wire.Writes.Add(WriteOf(write.Id, writes.NoteOf(write)));
        return wire;
    });

    public static Write WriteOf(string id, Note note) => new()
    {
        Id = WireIds.ToWire(Guid.CreateVersion7()),
        EntityId = id,
        Document = UnsafeByteOperations.UnsafeWrap(note.ToJson()),
    };

    public async Task<List<Row>> ReadAsync(CancellationToken cancellationToken)
    {
        using var call = _client.Read(new ReadRequest { User = user }, cancellationToken: cancellationToken);
        var rows = new List<Row>();
        while (await call.ResponseStream.MoveNext(cancellationToken)) rows.AddRange(call.ResponseStream.Current.Rows);
        return rows;
    }
}
