using System.Text.Json.Nodes;
using OrleansSync.Client;
using OrleansSync.Core;

namespace OrleansSync.EndToEnd.Tests.Kills;

/// <summary>
/// What a device does: it writes without a network, syncs, is closed and opened again, and goes on with what others wrote. Run again after
/// a death it does what is left: each write counts itself, in the transaction that makes it, in a row that never leaves the device.
/// </summary>
internal sealed class DeviceWork(string database, Uri gateway, string user)
{
    /// <summary>A type whose field the server holds to be a counter, and the device does not know it when it writes.</summary>
    public const string Refused = "odd";

    private const string Steps = "steps";
    private const string Notes = "notes";

    public static readonly IReadOnlyDictionary<string, string> ServerSettings = new Dictionary<string, string>
    {
        [$"Entities:{Notes}:Fields:minutes"] = "Counter",
        [$"Entities:{Refused}:Fields:text"] = "Counter",
        // A few writes make several batches and several pages.
        ["Limits:BatchOperations"] = "4",
        ["Limits:PageRows"] = "4",
    };

    /// <summary>Without a network: single writes, what compaction makes shorter, a transaction, increments, and one that will be refused.</summary>
    private static readonly Action<Writing>[] Offline =
    [
        static writing => writing.Put(Notes, "sum", "counts"),
        static writing => writing.Increment("sum", 1),
        static writing => writing.Put(Notes, "draft", "1"),
        static writing => writing.Set("draft", "2"),
        static writing => writing.Put(Refused, "one", "not a number"),
        static writing => writing.Put(Notes, "leaves", "soon"),
        static writing =>
        {
            writing.Put("orders", "o-1", "two lines");
            writing.Put("lines", "l-1", "first");
            writing.Put("lines", "l-2", "second");
            writing.Increment("sum", 10);
        },
    ];

    /// <summary>After a sync, and after it was closed and opened again: on rows of another device, and a delete.</summary>
    private static readonly Action<Writing>[] Later =
    [
        static writing => writing.Increment("others-1", 1),
        static writing => writing.Set("others-2", "mine"),
        static writing => writing.Delete(Notes, "leaves"),
        static writing =>
        {
            writing.Increment("sum", 100);
            writing.Increment("others-1", 10);
            writing.Put("lines", "l-3", "third");
        },
    ];

    /// <param name="end">Looks at the device while it is open, when all is done.</param>
    public async Task RunAsync(Func<SyncStore, Task>? end = null)
    {
        await using (var store = await OpenAsync())
        {
            await WriteAsync(store, 0, Offline);
            await store.SyncNowAsync();
        }

        await using (var store = await OpenAsync())
        {
            await WriteAsync(store, Offline.Length, Later);
            await store.SyncNowAsync();
            if (end is not null) await end(store);
        }
    }

    /// <summary>What another device of the user wrote before.</summary>
    public async Task RunOtherAsync()
    {
        await using var store = await OpenAsync();
        await store.TransactionAsync(transaction =>
        {
            var writing = new Writing(store, transaction);
            for (var i = 1; i <= 3; i++) writing.Put(Notes, $"others-{i}", "theirs");
            writing.Increment("others-1", 10_000);
        });
        await store.SyncNowAsync();
    }

    public Task<SyncStore> OpenAsync() => SyncStore.OpenAsync(new SyncStoreOptions
    {
        DatabasePath = database,
        Gateway = gateway,
        Credentials = new DevelopmentCredentials(user),
        Schema = new SyncSchema([new EntitySchema(Notes).Counter("minutes")], acceptUndeclared: true),
        LocalTypes = [Steps],
        DeviceName = Path.GetFileNameWithoutExtension(database),
        AutoSync = false,
    });

    private static async Task WriteAsync(SyncStore store, int before, Action<Writing>[] writes)
    {
        var steps = store.Collection(Steps);
        for (var step = before + 1; step <= before + writes.Length; step++)
        {
            if (await steps.FindAsync("done") is { } done && done.Fields["count"]!.GetValue<int>() >= step) continue;
            await store.TransactionAsync(transaction =>
            {
                transaction.Put(steps, Document("done", ("count", step)));
                writes[step - before - 1](new Writing(store, transaction));
            });
        }
    }

    private static SyncDocument Document(string id, params (string Name, JsonNode? Value)[] fields) =>
        new(id, new JsonObject(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value))));

    private readonly record struct Writing(SyncStore Store, SyncTransaction Transaction)
    {
        public void Put(string type, string id, string text) => Transaction.Put(Store.Collection(type), Document(id, ("text", text)));

        public void Set(string id, string text) => Transaction.Patch(Store.Collection(Notes), id, patch => patch.Set("text", text));

        public void Increment(string id, long by) => Transaction.Patch(Store.Collection(Notes), id, patch => patch.Increment("minutes", by));

        public void Delete(string type, string id) => Transaction.Delete(Store.Collection(type), id);
    }

    /// <summary>The token that a gateway in Development takes: the user's name.</summary>
    private sealed class DevelopmentCredentials(string user) : ISyncCredentials
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => new(refused is null ? "dev:" + user : null);
    }
}
