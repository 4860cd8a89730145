using OrleansSync.Client.OpLog;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>The engine's part between a store and the model server, played by hand.</summary>
internal static class ModelSync
{
    /// <summary>Takes what can leave now.</summary>
    public static Task<OperationBatch?> TakeAsync(this SyncStore store) =>
        store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, default);

    /// <summary>Pushes all that can leave.</summary>
    public static async Task PushAsync(this SyncStore store, ModelServer server)
    {
        while (await store.PushOneAsync(server))
        {
        }
    }

    /// <summary>Pushes a batch; false: there was none.</summary>
    public static async Task<bool> PushOneAsync(this SyncStore store, ModelServer server)
    {
        if (await store.TakeAsync() is not { } batch) return false;
        await store.Log.AcknowledgeAsync(server.Push(batch.Operations), server.Clock, default);
        return true;
    }

    /// <summary>Pulls until a page says complete.</summary>
    public static async Task PullAsync(this SyncStore store, ModelServer server)
    {
        for (var complete = false; !complete;)
        {
            var page = server.Pull(store.Log.State, 1_000);
            await store.Log.ApplyPageAsync(page, default);
            complete = page.Complete;
        }
    }
}
