using System.Text.Json.Nodes;
using OrleansSync.Client.Store;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Testing;

namespace OrleansSync.Client.Tests.Reconcile;

/// <summary>A server with two devices of a user, and ways to damage what lies on a disk behind the back of who keeps it.</summary>
internal sealed class ReconcileWorld : IAsyncDisposable
{
    // As many batches as are on their way at once fit into the queue.
    private const int AtATime = 2_500;

    private readonly SyncWorld _world;
    private string _folder = "";

    private ReconcileWorld(SyncWorld world) => _world = world;

    public SyncWorld World => _world;

    public required RecordingLoggers Logs { get; init; }

    /// <summary>Its rows are damaged.</summary>
    public SyncDevice Phone { get; private set; } = null!;

    public SyncDevice Laptop { get; private set; } = null!;

    public static async Task<ReconcileWorld> StartAsync()
    {
        var logs = new RecordingLoggers();
        var started = await SyncWorld.StartAsync(
            static sync =>
            {
                sync.Entity("notes").Counter("likes");
                sync.Entity("plans");
            },
            logs);
        var world = new ReconcileWorld(started) { Logs = logs };
        world.Laptop = await world._world.AddDeviceAsync("laptop");
        world.Phone = await world._world.AddDeviceAsync("phone", change: options =>
        {
            world._folder = Path.GetDirectoryName(options.DatabasePath)!;
            return options;
        });
        return world;
    }

    /// <summary>The laptop writes so many notes, and both have them.</summary>
    public async Task SeedAsync(int count, string type = "notes")
    {
        // It pulls them in pages, and not one commit after the other.
        await Phone.GoOfflineAsync();
        for (var from = 0; from < count; from += AtATime)
        {
            var (first, end) = (from, Math.Min(count, from + AtATime));
            await Laptop.Store.TransactionAsync(tx =>
            {
                var notes = Laptop.Store.Collection(type);
                for (var i = first; i < end; i++) tx.Put(notes, Note($"n{i:D6}", $"title of {i}"));
            });
        }

        await Laptop.Store.SyncNowAsync();
        await Phone.GoOnlineAsync();
        await _world.ConvergeAsync(TimeSpan.FromMinutes(3));
    }

    public static SyncDocument Note(string id, string title) => new(id, new JsonObject { ["title"] = title });

    public static async Task<string?> TitleAsync(SyncDevice device, string id) =>
        (await device.Store.Collection("notes").FindAsync(id))?.Fields["title"]?.GetValue<string>();

    /// <summary>Changes rows of a device, and not what it keeps of them.</summary>
    public static Task DamageAsync(SyncDevice device, string sql) => device.Store.Database.RunAsync(
        context =>
        {
            Assert.InRange(context.Connection.Execute(sql), 1, int.MaxValue);
            return true;
        },
        WriteKind.Durable,
        default);

    /// <summary>Changes what the server has on its disk.</summary>
    public void DamageServer(string sql)
    {
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "server"), "sync.db", SearchOption.AllDirectories));
        using var connection = LocalConnection.Open(file, readOnly: false);
        Assert.InRange(connection.Execute(sql), 1, int.MaxValue);
    }

    /// <summary>What the phone holds of the server is, to the byte, what the laptop holds; and its digests say so.</summary>
    public async Task AssertMendedAsync()
    {
        Assert.Equal(await Laptop.Store.DigestAsync(), await Phone.Store.DigestAsync());
        await Consistency.CheckAsync(Phone.Store);
        Assert.Empty(Phone.Store.Database.Meta.Drifted);
        await _world.AssertIdenticalAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Assert.Empty(Logs.Errors);
    }
}
