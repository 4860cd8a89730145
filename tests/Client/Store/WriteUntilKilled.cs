using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.Store;

/// <summary>
/// The child process of the crash tests: writes and syncs as fast as it can, and says on its output what has returned.
/// </summary>
internal static class WriteUntilKilled
{
    public const int Writers = 3;

    private static readonly HashSet<EntityKey> NoneBusy = [];

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
            var batch = await store.Log.TakeBatchAsync(NoneBusy, Limits.Default, long.MaxValue, CancellationToken.None);
            while (batch is not null)
            {
                var answer = server.Push(batch.Operations);
                batch = null;
                switch (random.Next(3))
                {
                    case 0:
                        await store.Log.ReturnToPendingAsync([], CancellationToken.None);
                        break;
                    case 1:
                        await store.Log.AcknowledgeAsync(answer, server.Clock, CancellationToken.None);
                        break;
                    default:
                        batch = await store.Log.AcknowledgeAndTakeAsync(
                            answer, server.Clock, NoneBusy, Limits.Default, long.MaxValue, CancellationToken.None);
                        break;
                }
            }

            if (random.Next(2) == 0) await store.Log.ApplyPageAsync(server.Pull(store.Log.State, random.Next(1, 20)), CancellationToken.None);
        }
    }
}
