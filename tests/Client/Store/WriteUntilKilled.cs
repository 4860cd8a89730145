using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store;

/// <summary>
/// The child process of the crash tests: writes and syncs as fast as it can, and says on its output what has returned.
/// </summary>
internal static class WriteUntilKilled
{
    public const int Writers = 3;

    public static async Task RunAsync(string database, int seed)
    {
        await using var store = await SyncStore.OpenAsync(new SyncStoreOptions { DatabasePath = database, Schema = TestModel.Schema });
        await store.Notes().PutAsync(new Note("sum", "s"));
        await Task.WhenAll([.. Enumerable.Range(0, Writers).Select(writer => WriteAsync(store, writer)), SyncAsync(store, new Random(seed))]);
    }

    private static async Task WriteAsync(SyncStore store, int writer)
    {
        for (var i = 0; ; i++)
        {
            var id = $"w{writer}-{i}";
            await store.TransactionAsync(tx =>
            {
                tx.Put(store.Notes(), new Note(id, "written"));
                tx.Patch(store.Notes(), "sum", patch => patch.Increment("minutes"));
            });
            await Console.Out.WriteLineAsync($"{id}.");
        }
    }

    /// <summary>Puts the log and the pages to work, so that the kill comes between any two of their transactions.</summary>
    private static async Task SyncAsync(SyncStore store, Random random)
    {
        var server = new ModelServer(TestModel.Schema);
        while (true)
        {
            if (await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, CancellationToken.None) is { } batch)
            {
                var answer = server.Push(batch.Operations);
                if (random.Next(3) == 0) await store.Log.ReturnToPendingAsync([], CancellationToken.None);
                else await store.Log.AcknowledgeAsync(answer, server.Clock, CancellationToken.None);
            }

            if (random.Next(2) == 0) await store.Log.ApplyPageAsync(server.Pull(store.Log.State, random.Next(1, 20)), CancellationToken.None);
        }
    }
}
