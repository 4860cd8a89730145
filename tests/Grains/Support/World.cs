using System.Collections.Concurrent;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Storage.InMemory;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Support;

/// <summary>A scope with a few devices, a store that can fail, and change logs over it.</summary>
internal sealed class World
{
    private World(ISyncStore? store, Limits limits, SyncSchema schema)
    {
        Schema = schema;
        Store = new FaultyStore(store ?? new InMemoryStore(time: Time));
        Limits = limits;
        Merger = new LocalMerger(Scope, Store, limits, schema);
    }

    public ScopeId Scope { get; } = ScopeId.ForUser("ada");

    public FaultyStore Store { get; }

    public Limits Limits { get; }

    public SyncSchema Schema { get; }

    public LocalMerger Merger { get; }

    public SkippingTime Time { get; } = new();

    public TestDevice A { get; } = new(1);

    public TestDevice B { get; } = new(2);

    public TestDevice C { get; } = new(3);

    public ErrorLog Errors { get; } = new();

    public ConcurrentQueue<CommitNotice> Notices { get; } = new();

    public ChangeLog Log { get; private set; } = null!;

    public static async Task<World> CreateAsync(
        Limits? limits = null, ISyncStore? store = null, ChangeLogOptions? options = null, SyncSchema? schema = null)
    {
        var world = new World(store, limits ?? Limits.Default, schema ?? SyncSchema.Open);
        foreach (var device in new[] { world.A, world.B, world.C }) await world.RegisterAsync(device);
        world.Log = world.NewLog(options: options);
        return world;
    }

    public Task RegisterAsync(TestDevice device) =>
        Store.RegisterDeviceAsync(Scope, device.Id, new([], [1]), 0, CancellationToken.None);

    public ChangeLog NewLog(IEntityMerger? merger = null, ChangeLogOptions? options = null, SyncSchema? schema = null, Resolvers? resolvers = null) =>
        new(
            new(Scope, Store, merger ?? Merger, schema ?? Schema, (options ?? AtGrains) with { Limits = Limits }, Time, Errors) { Resolvers = resolvers ?? Resolvers.None },
            Notices.Enqueue);

    /// <summary>Every merge goes to the merger, where tests see it and make it fail.</summary>
    public static ChangeLogOptions AtGrains { get; } = new() { TouchesBeforeGrain = 0 };

    public async Task<PushReply> PushAsync(TestDevice device, params Operation[] operations) =>
        await Log.PushAsync(device.Batch(operations)).WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>A write of server code, to the world's log or another one.</summary>
    public async Task<PushReply> WriteAsync(string key, Action<SyncWrite> write, ChangeLog? log = null) =>
        await (log ?? Log).WriteAsync(RequestOf(key, write)).WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Writes and expects outcomes.</summary>
    public async Task<Outcome[]> WrittenAsync(string key, Action<SyncWrite> write, ChangeLog? log = null)
    {
        var reply = await WriteAsync(key, write, log);
        Assert.Equal(PushStatus.Done, reply.Status);
        return [.. reply.Outcomes];
    }

    public WriteRequest RequestOf(string key, Action<SyncWrite> write)
    {
        var said = new SyncWrite();
        write(said);
        return said.ToRequest(Scope, key, SyncSchema.Open, Limits);
    }

    /// <summary>Pushes and expects outcomes.</summary>
    public async Task<Outcome[]> DoneAsync(TestDevice device, params Operation[] operations)
    {
        var reply = await PushAsync(device, operations);
        Assert.Equal(PushStatus.Done, reply.Status);
        return [.. reply.Outcomes];
    }

    public async Task<EntityRow?> RowAsync(string id) =>
        (await Store.LoadAsync(Scope, [new("tasks", id)], CancellationToken.None)).SingleOrDefault();

    /// <summary>What is open in the conflict inbox, in the order in which it was written.</summary>
    public async Task<ParkedOperation[]> ParkedAsync() =>
        [.. (await Store.ListAsync(Scope, ParkedOperation.Type, 100_000, CancellationToken.None)).Select(ParkedOperation.Read).OrderBy(static one => one.Counter)];

    public async Task<Int128> CounterAsync(string id, string field) =>
        (await RowAsync(id))?.Fields.OfType<CounterField>().SingleOrDefault(counter => counter.Name == field)?.Value ?? 0;

    public async Task<string?> TextAsync(string id, string field) =>
        (await RowAsync(id))?.Fields.OfType<PlainField>().SingleOrDefault(plain => plain.Name == field)?.Value?.ToString();

    public async Task<JournalEntry?> JournalAsync(Operation operation) =>
        (await Store.FindOperationsAsync(Scope, [operation.Id], CancellationToken.None)).SingleOrDefault();

    public async Task<ScopeState> StateAsync() => (await Store.ReadScopeAsync(Scope, CancellationToken.None))!;

    public async Task<ChangePage> AllRowsAsync() => (await Store.ReadChangesAsync(
        new() { Scope = Scope, After = ChangePosition.AfterSequence(0), MaxRows = 100_000, MaxBytes = int.MaxValue },
        CancellationToken.None))!;

    /// <summary>Waits until so many commits were sent to the store.</summary>
    public Task AskedAsync(int commits) => Until(() => Store.Asked.Count >= commits);

    public static async Task Until(Func<bool> condition)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(60); !condition();)
        {
            Assert.True(DateTime.UtcNow < deadline, "The awaited condition did not come about in a minute.");
            await Task.Delay(1);
        }
    }
}
