using Grpc.Core;
using OrleansSync.Bench.Floor.V1;

namespace OrleansSync.Bench.Floor;

internal sealed class FloorService(IFloorStore store, Watchers watchers, IHostApplicationLifetime lifetime) : V1.Floor.FloorBase
{
    private const int IdLength = 16;

    public override Task Push(
        IAsyncStreamReader<PushRequest> requests, IServerStreamWriter<PushResponse> responses, ServerCallContext context) =>
        UntilStoppedAsync(context, async token =>
        {
            if (!await requests.MoveNext(token)) return;
            var user = NotEmpty(requests.Current.User, "user");
            var feed = watchers.Of(user);
            // A first message without writes only names the user, and has no answer.
            var more = requests.Current.Writes.Count > 0 || await requests.MoveNext(token);
            for (; more; more = await requests.MoveNext(token))
            {
                Check(requests.Current, user);
                await responses.WriteAsync(await CommitAsync(feed, user, requests.Current), token);
            }
        });

    public override Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responses, ServerCallContext context) =>
        UntilStoppedAsync(context, async token =>
        {
            var feed = watchers.Of(NotEmpty(request.User, "user"));
            var channel = feed.Watch();
            try
            {
                await responses.WriteAsync(new WatchResponse(), token);
                await foreach (var response in channel.Reader.ReadAllAsync(token)) await responses.WriteAsync(response, token);
            }
            finally
            {
                feed.Leave(channel);
            }
        });

    public override Task Read(ReadRequest request, IServerStreamWriter<ReadResponse> responses, ServerCallContext context) =>
        UntilStoppedAsync(context, async token =>
        {
            await foreach (var page in store.ReadAsync(NotEmpty(request.User, "user"), token)) await responses.WriteAsync(page, token);
        });

    public override Task Echo(
        IAsyncStreamReader<PushRequest> requests, IServerStreamWriter<PushRequest> responses, ServerCallContext context) =>
        UntilStoppedAsync(context, async token =>
        {
            while (await requests.MoveNext(token)) await responses.WriteAsync(requests.Current, token);
        });

    private async Task<PushResponse> CommitAsync(Watchers.Feed feed, string user, PushRequest request)
    {
        await feed.Turn.WaitAsync();
        try
        {
            var committed = await store.PushAsync(user, request.Writes);
            feed.Publish(committed);
            return new PushResponse { Sequence = committed.Sequence, Applied = committed.Fresh.Count };
        }
        catch (InvalidWriteException invalid)
        {
            throw Invalid(invalid.Message);
        }
        catch
        {
            feed.Lose();
            throw;
        }
        finally
        {
            feed.Turn.Release();
        }
    }

    /// <summary>A call would else keep the process for as long as its client likes.</summary>
    private async Task UntilStoppedAsync(ServerCallContext context, Func<CancellationToken, Task> call)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await call(either.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
        }
    }

    private static void Check(PushRequest request, string user)
    {
        if (request.User.Length > 0 && request.User != user) throw Invalid($"user: the stream is that of '{user}'.");
        if (request.Writes.Count == 0) throw Invalid("writes: a batch has at least one.");
        foreach (var write in request.Writes)
        {
            if (write.Id.Length != IdLength) throw Invalid($"id: it has {write.Id.Length} bytes; a UUID has {IdLength}.");
            NotEmpty(write.EntityId, "entity_id");
            if (write.Document.IsEmpty) throw Invalid("document: it is empty.");
        }
    }

    private static string NotEmpty(string value, string field) => value.Length > 0 ? value : throw Invalid($"{field}: it is empty.");

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
