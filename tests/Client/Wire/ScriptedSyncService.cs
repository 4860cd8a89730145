using Grpc.Core;
using Microsoft.AspNetCore.Http;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using SyncBase = OrleansSync.Protocol.V1.Sync.SyncBase;

namespace OrleansSync.Client.Tests.Wire;

/// <summary>Answers by the protocol, with the script's faults at their places.</summary>
internal sealed class ScriptedSyncService(WireScript script) : SyncBase
{
    public override async Task<HandshakeResponse> Handshake(HandshakeRequest request, ServerCallContext context)
    {
        CheckToken(context);
        script.Handshakes.Enqueue(request);
        if (script.OnHandshake is { } hook) await hook(request);
        return new HandshakeResponse
        {
            ProtocolVersion = 1,
            SessionToken = WirePages.Uuid(Guid.NewGuid()),
            SchemaHash = request.SchemaHash,
            Clock = 1,
            Lineage = WirePages.Uuid(script.Lineage),
            Head = script.Head,
            Limits = LimitsMapping.ToWire(script.Limits),
        };
    }

    public override async Task Push(
        IAsyncStreamReader<PushRequest> requests, IServerStreamWriter<PushResponse> responses, ServerCallContext context)
    {
        using var open = Opened("Push");
        CheckToken(context);
        await requests.MoveNext(context.CancellationToken);
        if (requests.Current.Open is null) throw new RpcException(new Grpc.Core.Status(StatusCode.InvalidArgument, "open is missing"));
        if (script.OnOpened is { } hook) await hook();
        await responses.WriteAsync(new PushResponse { Window = new PushWindow { Batches = script.Window } }, context.CancellationToken);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var acknowledged = Task.CompletedTask;
        try
        {
            while (await requests.MoveNext(reading.Token))
            {
                var batch = requests.Current.Batch;
                script.Batches.Enqueue(batch);
                script.OnReceived?.Invoke(batch);
                // The next batch is read while this one waits for its answer, as on a real server.
                acknowledged = AcknowledgeAsync(acknowledged, batch, responses, reading, context);
            }
        }
        catch (Exception) when (reading.IsCancellationRequested)
        {
            // The fault that ended the reading is the acknowledgements'.
        }

        await acknowledged;
    }

    public override async Task Pull(PullRequest request, IServerStreamWriter<PullResponse> responses, ServerCallContext context)
    {
        using var open = Opened("Pull");
        CheckToken(context);
        script.Pulls.Enqueue(request);
        if (script.Pages is null)
        {
            await responses.WriteAsync(new PullResponse { Page = script.Complete() }, context.CancellationToken);
            return;
        }

        await foreach (var page in script.Pages(request)) await responses.WriteAsync(new PullResponse { Page = page }, context.CancellationToken);
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responses, ServerCallContext context)
    {
        using var open = Opened("Watch");
        CheckToken(context);
        script.Watches.Enqueue(request);
        if (script.Watched is { } watched)
        {
            await foreach (var page in watched(request, context.CancellationToken))
                await responses.WriteAsync(new WatchResponse { Page = page }, context.CancellationToken);
            return;
        }

        var gone = new TaskCompletionSource();
        await using var registration = context.CancellationToken.Register(gone.SetResult);
        await gone.Task;
    }

    public override async Task Reconcile(
        ReconcileRequest request, IServerStreamWriter<ReconcileResponse> responses, ServerCallContext context)
    {
        using var open = Opened("Reconcile");
        CheckToken(context);
        script.Reconciles.Enqueue(request);
        if (script.OnReconcile is not { } answer) throw WireFaults.Of(StatusCode.Unimplemented, "NOT_SERVED");
        await responses.WriteAsync(await answer(request), context.CancellationToken);
    }

    private async Task AcknowledgeAsync(
        Task before, OperationBatch batch, IServerStreamWriter<PushResponse> responses, CancellationTokenSource reading, ServerCallContext context)
    {
        try
        {
            await before;
            var acknowledgement = await CommitAsync(batch);
            if (script.CutsAcknowledgement?.Invoke(batch) == true)
            {
                context.GetHttpContext().Abort();
                return;
            }

            await responses.WriteAsync(new PushResponse { Acknowledgement = acknowledgement }, context.CancellationToken);
            if (script.EndsAfter?.Invoke(batch) is { } end) throw end;
        }
        catch
        {
            await reading.CancelAsync();
            throw;
        }
    }

    private async Task<BatchAcknowledgement> CommitAsync(OperationBatch batch)
    {
        if (script.OnBatch is { } hook) await hook(batch);
        var acknowledgement = script.Commit(batch);
        script.Rewrite?.Invoke(acknowledgement);
        return acknowledgement;
    }

    private void CheckToken(ServerCallContext context)
    {
        var header = context.RequestHeaders.GetValue("authorization") ?? "";
        Assert.StartsWith("Bearer ", header, StringComparison.Ordinal);
        script.OnToken?.Invoke(header["Bearer ".Length..]);
    }

    private OnDispose Opened(string call)
    {
        var id = Guid.NewGuid();
        script.Open[id] = call;
        return new OnDispose(() => script.Open.TryRemove(id, out _));
    }

    private sealed class OnDispose(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
