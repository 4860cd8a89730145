using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Devices;

/// <summary>A device that speaks the protocol and keeps nothing: it costs as little as a client can.</summary>
internal sealed class WireDevice(GrpcChannel channel, string user)
{
    private readonly Sync.SyncClient _client = new(channel);
    private readonly Metadata _headers = Channels.HeadersOf(user);
    private readonly Guid _device = Guid.CreateVersion7();
    private Session? _session;
    private long _counter;

    public Sync.SyncClient Client => _client;

    public Metadata Headers => _headers;

    public Session Session => _session ?? throw new InvalidOperationException("The device has no session.");

    /// <summary>Where the scope stood when the session was opened.</summary>
    public Cursor Cursor { get; private set; } = new();

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var response = await _client.HandshakeAsync(
            new HandshakeRequest
            {
                ProtocolVersion = ProtocolVersion.Current,
                DeviceId = WireIds.ToWire(_device),
                Profile = new DeviceProfile { Name = "wire", Platform = "bench", AppVersion = "1" },
            },
            _headers,
            cancellationToken: cancellationToken);
        _session = new Session { DeviceId = WireIds.ToWire(_device), Token = response.SessionToken };
        _counter = Math.Max(_counter, response.Clock);
        Cursor = new Cursor { Lineage = response.Lineage, Sequence = response.Head };
    }

    /// <summary>Pushes batches, as many at a time as the server lets it, until all are acknowledged as applied.</summary>
    public async Task PushAsync(IEnumerable<OperationBatch> batches, Latencies latencies, CancellationToken cancellationToken)
    {
        using var push = await PushCall.OpenAsync(this, cancellationToken);
        await push.SendAsync(batches, latencies, cancellationToken);
    }

    public IEnumerable<OperationBatch> BatchesOf(NoteWrites writes) => writes.Batches.Select(batch =>
    {
        var wire = new OperationBatch();
        foreach (var write in batch) wire.Operations.Add(OperationOf(write, writes.NoteOf(write)));
        return wire;
    });

    public Operation OperationOf(NoteWrite write, Note note)
    {
        var operation = NewOperation(Note.Type, write.Id, write.IsCreate ? OperationKind.Create : OperationKind.Update);
        foreach (var (field, json) in Note.Fields(note, changedOnly: !write.IsCreate))
            operation.Changes.Add(new FieldChange { Field = field, Set = UnsafeByteOperations.UnsafeWrap(json) });
        return operation;
    }

    public Operation NewOperation(string type, string id, OperationKind kind) => new()
    {
        Id = WireIds.ToWire(Guid.CreateVersion7()),
        Type = type,
        EntityId = id,
        Kind = kind,
        Counter = ++_counter,
        Seen = Cursor.Sequence,
        Generation = 1,
    };

    /// <summary>Pulls from a cursor to the head.</summary>
    /// <returns>The cursor it reached.</returns>
    public async Task<Cursor> PullAsync(Cursor from, Action<Page> onPage, CancellationToken cancellationToken)
    {
        using var call = _client.Pull(new PullRequest { Session = Session, Cursor = from }, _headers, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var page = call.ResponseStream.Current.Page;
            onPage(page);
            if (page.Complete) return page.Cursor;
        }

        throw new BenchException("A pull ended before it was complete.");
    }

    public AsyncServerStreamingCall<WatchResponse> Watch(Cursor from, CancellationToken cancellationToken) =>
        _client.Watch(new WatchRequest { Session = Session, Cursor = from }, _headers, cancellationToken: cancellationToken);
}
