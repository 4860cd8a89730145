using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Tests.Support;

/// <summary>A device that speaks the wire by hand: what it sends is what the test says, right or wrong.</summary>
public sealed class TestDevice
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private long _counter;

    private TestDevice(Sync.SyncClient sync, string user, Guid id)
    {
        Sync = sync;
        User = user;
        Id = id;
    }

    /// <summary>The gateway it talks to; another one knows the device as well.</summary>
    public Sync.SyncClient Sync { get; set; }

    public string User { get; }

    public Guid Id { get; }

    public ByteString Token { get; set; } = ByteString.Empty;

    public HandshakeResponse Welcome { get; private set; } = new();

    public Session Session => new() { DeviceId = Wire(Id), Token = Token };

    public static ByteString Wire(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

    public static ByteString NewId() => Wire(Guid.CreateVersion7());

    public static Task<TestDevice> OpenAsync(GatewayServer server, string user) => OpenAsync(server.Sync, user);

    public static async Task<TestDevice> OpenAsync(Sync.SyncClient sync, string user)
    {
        var device = new TestDevice(sync, user, Guid.CreateVersion7());
        await device.HandshakeAsync();
        return device;
    }

    public CallOptions Options(CancellationToken cancellationToken = default) =>
        new(new Metadata { { "authorization", $"Bearer dev:{User}" } }, DateTime.UtcNow + Deadline, cancellationToken);

    public async Task<HandshakeResponse> HandshakeAsync()
    {
        Welcome = await Sync.HandshakeAsync(
            new HandshakeRequest { ProtocolVersion = 1, DeviceId = Wire(Id), SessionToken = Token }, Options());
        Token = Welcome.SessionToken;
        return Welcome;
    }

    public long NextCounter() => ++_counter;

    public Operation Create(string type, string id, params FieldChange[] changes) => Operation(OperationKind.Create, type, id, changes);

    public Operation Update(string type, string id, params FieldChange[] changes) => Operation(OperationKind.Update, type, id, changes);

    public Operation Delete(string type, string id) => Operation(OperationKind.Delete, type, id);

    public static FieldChange Set(string field, string json) => new() { Field = field, Set = ByteString.CopyFromUtf8(json) };

    public static FieldChange Increment(string field, long delta) => new() { Field = field, Increment = delta };

    public static OperationBatch Batch(params Operation[] operations) => new() { Number = 1, Operations = { operations } };

    public static Operation[] Transaction(params Operation[] operations)
    {
        var id = NewId();
        for (var i = 0; i < operations.Length; i++)
        {
            operations[i].Transaction = new TransactionRef { Id = id, Index = i, Count = operations.Length };
        }

        return operations;
    }

    /// <summary>Sends one batch on a stream of its own.</summary>
    public Task<BatchAcknowledgement> PushAsync(params Operation[] operations) => PushAsync(Batch(operations));

    public async Task<BatchAcknowledgement> PushAsync(OperationBatch batch)
    {
        using var push = await OpenPushAsync();
        await push.SendAsync(batch);
        var acknowledgement = await push.AcknowledgementAsync();
        await push.CompleteAsync();
        return acknowledgement;
    }

    public async Task<PushCall> OpenPushAsync(Session? session = null)
    {
        var push = new PushCall(Sync.Push(Options()));
        await push.SendAsync(new PushRequest { Open = new PushOpen { Session = session ?? Session } });
        return push;
    }

    /// <summary>Everything from a cursor to the page that says complete.</summary>
    public async Task<Pulled> PullAsync(Cursor? cursor = null, params string[] types)
    {
        var request = new PullRequest { Session = Session, Cursor = cursor, Types_ = { types } };
        var pulled = new Pulled();
        using var call = Sync.Pull(request, Options());
        await foreach (var response in call.ResponseStream.ReadAllAsync()) pulled.Add(response.Page);
        return pulled;
    }

    public AsyncServerStreamingCall<WatchResponse> Watch(
        Cursor? cursor = null, CancellationToken cancellationToken = default, params string[] types) =>
        Sync.Watch(new WatchRequest { Session = Session, Cursor = cursor, Types_ = { types } }, Options(cancellationToken));

    private Operation Operation(OperationKind kind, string type, string id, params FieldChange[] changes) => new()
    {
        Id = NewId(),
        Type = type,
        EntityId = id,
        Kind = kind,
        Counter = NextCounter(),
        Generation = 1,
        Changes = { changes },
    };
}

/// <summary>An open push stream.</summary>
public sealed class PushCall(AsyncDuplexStreamingCall<PushRequest, PushResponse> call) : IDisposable
{
    private bool _windowRead;
    private bool _ended;

    public int Window { get; private set; }

    public Task SendAsync(OperationBatch batch) => SendAsync(new PushRequest { Batch = batch });

    /// <summary>Sends. A stream that the server has ended says why when it is read, so a failure here is not the word on it.</summary>
    public async Task SendAsync(PushRequest request)
    {
        if (_ended) return;
        try
        {
            await call.RequestStream.WriteAsync(request);
        }
        catch (RpcException)
        {
            _ended = true;
        }
    }

    /// <summary>The next acknowledgement. An error of the stream comes out of it as RpcException.</summary>
    public async Task<BatchAcknowledgement> AcknowledgementAsync()
    {
        await ReadWindowAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None), "The stream ended without an acknowledgement.");
        return call.ResponseStream.Current.Acknowledgement;
    }

    public async Task ReadWindowAsync()
    {
        if (_windowRead) return;
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None), "The stream ended without a window.");
        Window = call.ResponseStream.Current.Window.Batches;
        _windowRead = true;
    }

    public async Task CompleteAsync()
    {
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None), "There is more on the stream than was sent for.");
    }

    public void Dispose() => call.Dispose();
}

/// <summary>What a pull has brought.</summary>
public sealed class Pulled
{
    public List<Page> Pages { get; } = [];

    public Page Last => Pages[^1];

    public Cursor Cursor => Last.Cursor;

    public IReadOnlyList<Row> Rows => [.. Pages.SelectMany(static page => page.Rows)];

    public IReadOnlyList<Outcome> Outcomes => [.. Pages.SelectMany(static page => page.Outcomes)];

    public void Add(Page page) => Pages.Add(page);

    public Row Row(string type, string id) => Assert.Single(Rows, row => row.Type == type && row.EntityId == id);

    public static string? Value(Row row, string field)
    {
        var found = row.Fields.SingleOrDefault(candidate => candidate.Name == field);
        return found?.ValueCase switch
        {
            Field.ValueOneofCase.Json => found.Json.ToStringUtf8(),
            Field.ValueOneofCase.Counter => found.Counter.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
    }
}
