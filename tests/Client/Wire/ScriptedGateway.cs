using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Wire;

/// <summary>
/// A gRPC server in this process that answers by the protocol unless a test scripts a fault. It breaks the wire, not the
/// client: the bytes go through Kestrel and a socket. It does not merge; what converges is tested against the real gateway.
/// </summary>
internal sealed class ScriptedGateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedGateway(WebApplication app) => _app = app;

    /// <summary>What the script does at each point; see the properties there.</summary>
    public required WireScript Script { get; init; }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<ScriptedGateway> StartAsync()
    {
        var script = new WireScript();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(script);
        var app = builder.Build();
        app.MapGrpcService<ScriptedSyncService>();
        await app.StartAsync();
        return new ScriptedGateway(app) { Script = script };
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>The faults that a test wants, and what the server has seen. A hook that throws ends its call with that status.</summary>
internal sealed class WireScript
{
    private int _sequence;

    public Func<HandshakeRequest, Task>? OnHandshake { get; set; }

    /// <summary>Called with the bearer token of every call.</summary>
    public Action<string>? OnToken { get; set; }

    /// <summary>Before a push is told its window.</summary>
    public Func<Task>? OnOpened { get; set; }

    /// <summary>After the batch was acknowledged; a status ends the stream.</summary>
    public Func<OperationBatch, RpcException?>? EndsAfter { get; set; }

    /// <summary>As the batch arrives, while earlier ones may wait for their answers.</summary>
    public Action<OperationBatch>? OnReceived { get; set; }

    /// <summary>Changes an acknowledgement before it leaves.</summary>
    public Action<BatchAcknowledgement>? Rewrite { get; set; }

    /// <summary>Before the batch takes effect, which is after all earlier ones were answered.</summary>
    public Func<OperationBatch, Task>? OnBatch { get; set; }

    /// <summary>After it took effect; true: the connection is cut instead of an acknowledgement.</summary>
    public Func<OperationBatch, bool>? CutsAcknowledgement { get; set; }

    /// <summary>The pages of a pull; <c>null</c>: one that says complete.</summary>
    public Func<PullRequest, IAsyncEnumerable<Page>>? Pages { get; set; }

    /// <summary>The pages of a watch; <c>null</c>: silent until the device goes.</summary>
    public Func<WatchRequest, CancellationToken, IAsyncEnumerable<Page>>? Watched { get; set; }

    /// <summary>The answer to a question of a reconciliation; <c>null</c>: not served, as by an earlier version.</summary>
    public Func<ReconcileRequest, Task<ReconcileResponse>>? OnReconcile { get; set; }

    public int Window { get; set; } = 4;

    public Core.Limits Limits { get; set; } = Core.Limits.Default;

    public Guid Lineage { get; } = Guid.CreateVersion7();

    public int Head => Volatile.Read(ref _sequence);

    public ConcurrentQueue<HandshakeRequest> Handshakes { get; } = new();

    public ConcurrentQueue<OperationBatch> Batches { get; } = new();

    public ConcurrentQueue<PullRequest> Pulls { get; } = new();

    public ConcurrentQueue<WatchRequest> Watches { get; } = new();

    public ConcurrentQueue<ReconcileRequest> Reconciles { get; } = new();

    /// <summary>Calls under way, by name.</summary>
    public ConcurrentDictionary<Guid, string> Open { get; } = new();

    /// <summary>The outcome of each operation that took effect, and the order in which they did.</summary>
    public ConcurrentDictionary<Guid, Outcome> Journal { get; } = new();

    public IEnumerable<Operation> Operations => Batches.SelectMany(batch => batch.Operations);

    public BatchAcknowledgement Commit(OperationBatch batch)
    {
        var acknowledgement = new BatchAcknowledgement { Number = batch.Number, Clock = batch.Operations.Max(operation => operation.Counter) };
        var sequence = Interlocked.Increment(ref _sequence);
        foreach (var operation in batch.Operations)
        {
            var outcome = Journal.GetOrAdd(
                new Guid(operation.Id.Span, bigEndian: true),
                _ => new Outcome { OperationId = operation.Id, Kind = OutcomeKind.Applied, Sequence = sequence });
            acknowledgement.Outcomes.Add(outcome.Clone());
        }

        return acknowledgement;
    }

    /// <summary>A page that says complete at the head, with the rows and outcomes given.</summary>
    public Page Complete(params Row[] rows) => WirePages.Complete(Lineage, Head, rows);
}
