using Grpc.Core;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

internal sealed class FloorService(IFloorStore store, Watchers watchers) : V1.Floor.FloorBase
{
    private const int PageRows = 1_000;
    private const int IdBytes = 16;

    public override async Task Push(
        IAsyncStreamReader<PushRequest> requests, IServerStreamWriter<PushResponse> responses, ServerCallContext context)
    {
        var user = "";
        while (await requests.MoveNext(context.CancellationToken))
        {
            var batch = requests.Current;
            if (user.Length == 0) user = batch.User;
            Check(user, batch);
            var committed = await store.WriteAsync(user, batch.Writes);
            await responses.WriteAsync(new PushResponse { Sequence = committed.Sequence, Applied = committed.Applied });
            if (committed.Applied > 0) watchers.Tell(user, committed.Sequence, batch.Writes);
        }
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responses, ServerCallContext context)
    {
        if (request.User.Length == 0) throw Invalid("user is empty");
        var watcher = watchers.Add(request.User);
        try
        {
            await responses.WriteAsync(new WatchResponse());
            await foreach (var told in watcher.Reader.ReadAllAsync(context.CancellationToken)) await responses.WriteAsync(told);
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
        finally
        {
            watchers.Remove(request.User, watcher);
        }
    }

    public override async Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responses, ServerCallContext context)
    {
        var page = new ReadResponse();
        await foreach (var row in store.ReadAsync(request.User, context.CancellationToken))
        {
            page.Rows.Add(row);
            if (page.Rows.Count < PageRows) continue;
            await responses.WriteAsync(page);
            page = new ReadResponse();
        }

        if (page.Rows.Count > 0) await responses.WriteAsync(page);
    }

    public override async Task Echo(
        IAsyncStreamReader<PushRequest> requests, IServerStreamWriter<PushRequest> responses, ServerCallContext context)
    {
        while (await requests.MoveNext(context.CancellationToken)) await responses.WriteAsync(requests.Current);
    }

    private static void Check(string user, PushRequest batch)
    {
        if (user.Length == 0) throw Invalid("user is empty in the first message");
        for (var i = 0; i < batch.Writes.Count; i++)
        {
            if (batch.Writes[i].Id.Length != IdBytes) throw Invalid($"writes[{i}].id has not 16 bytes");
            if (batch.Writes[i].EntityId.Length == 0) throw Invalid($"writes[{i}].entity_id is empty");
            if (batch.Writes[i].Document.IsEmpty) throw Invalid($"writes[{i}].document is empty");
        }
    }

    private static RpcException Invalid(string fact) => new(new Status(StatusCode.InvalidArgument, $"{fact}."));
}
