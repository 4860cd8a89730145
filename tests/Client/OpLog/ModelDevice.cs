using OrleansSync.Client.OpLog;
using OrleansSync.Client.Store.Sqlite;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>
/// A real store driven by hand in place of the engine, with a record of its own of what was written and what was told to
/// it. From that record and the server's history it computes what the store has to show, without asking the store's log.
/// </summary>
internal sealed class ModelDevice(TestFolder folder, string name, ModelServer server) : IAsyncDisposable
{
    private readonly List<(Operation Operation, long WrittenAt)> _written = [];
    private readonly List<WriteReceipt> _receipts = [];
    private readonly Dictionary<OperationId, Outcome> _told = [];
    private readonly HashSet<OperationId> _gaveUp = [];
    private readonly HashSet<OperationId> _attempted = [];
    private readonly Dictionary<OperationId, int> _failures = [];
    private long _visible;
    private string? _ownId;

    public SyncStore Store { get; private set; } = null!;

    /// <summary>Batches given out, with the server's answer where it has one.</summary>
    public List<(OperationBatch Batch, List<OperationOutcome>? Answer)> InFlight { get; } = [];

    public IReadOnlyList<Operation> Written => [.. _written.Select(one => one.Operation)];

    public IReadOnlySet<OperationId> GaveUp => _gaveUp;

    private ILocalLog Log => Store.Log;

    public async Task OpenAsync() => Store = await folder.OpenAsync(name, time: new FixedTime());

    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        _receipts.Clear();
        InFlight.Clear();
        await OpenAsync();
        Assert.Equal(0, (await Log.DepthAsync(default)).InFlight);
    }

    /// <summary>Makes a write; one that has nothing to change, or no entity to change, is none.</summary>
    public async Task WriteAsync(Func<SyncStore, Task<WriteReceipt>> write)
    {
        WriteReceipt receipt;
        try
        {
            receipt = await write(Store);
        }
        catch (SyncException exception) when (exception.Code == "OS3001")
        {
            return;
        }

        var log = await Store.LogAsync();
        foreach (var id in receipt.Operations) _written.Add((log.Single(operation => operation.Id == id), FixedTime.Milliseconds));
        _receipts.Add(receipt);
    }

    public async Task TakeAsync(Limits? limits = null)
    {
        var busy = InFlight.SelectMany(one => one.Batch.Operations).Select(operation => operation.Entity).ToHashSet();
        if (await Log.TakeBatchAsync(busy, limits ?? Limits.Default, long.MaxValue, default) is not { } batch) return;
        // R6: never an entity that is on its way; per entity in the order of the log, with nothing left behind.
        Assert.DoesNotContain(batch.Operations, operation => busy.Contains(operation.Entity));
        foreach (var entity in batch.Operations.GroupBy(operation => operation.Entity))
        {
            var open = _written.Select(one => one.Operation).Where(one => one.Entity == entity.Key && !_told.ContainsKey(one.Id) && !_gaveUp.Contains(one.Id));
            Assert.Equal(open.Take(entity.Count()).Select(one => one.Id), entity.Select(one => one.Id));
        }

        var transactions = batch.Operations.Where(operation => operation.Transaction is not null).ToList();
        if (transactions.Count > 0)
        {
            Assert.Equal(Enumerable.Range(0, transactions[0].Transaction!.Count), batch.Operations.Select(one => one.Transaction?.Index ?? -1));
            Assert.Single(batch.Operations.Select(one => one.Transaction!.Id).Distinct());
        }

        _attempted.UnionWith(batch.Operations.Select(operation => operation.Id));
        InFlight.Add((batch, null));
    }

    /// <summary>An id that only this device can have made.</summary>
    public string OwnId => _ownId ??= Store.NewId();

    /// <summary>Makes the log shorter, and the record of what was written with it.</summary>
    public async Task CompactAsync()
    {
        var before = (await Store.LogAsync()).ToDictionary(operation => operation.Id, Describe.Operation);
        var absorbed = new List<AbsorbedOperation>();
        while (await Log.CompactAsync(default) is { } some) absorbed.AddRange(some);

        // R7: what has been attempted stays as it was, and of the others nothing is left that could be fewer.
        var log = (await Store.LogAsync()).ToDictionary(operation => operation.Id);
        Assert.Equal(before.Keys.Except(log.Keys).ToHashSet(), absorbed.Select(one => one.Operation).ToHashSet());
        Assert.DoesNotContain(absorbed, one => _attempted.Contains(one.Operation));
        foreach (var (id, operation) in log) Assert.True(!_attempted.Contains(id) || before[id] == Describe.Operation(operation));
        var gone = absorbed.Select(one => one.Operation).ToHashSet();
        _written.RemoveAll(one => gone.Contains(one.Operation.Id));
        for (var i = 0; i < _written.Count; i++)
        {
            if (log.TryGetValue(_written[i].Operation.Id, out var operation)) _written[i] = _written[i] with { Operation = operation };
        }

        foreach (var entity in _written.Select(one => one.Operation).GroupBy(operation => operation.Entity))
        {
            var alone = entity.Reverse().TakeWhile(operation => operation.Transaction is null && !_attempted.Contains(operation.Id)).Reverse().ToList();
            Assert.Equal(alone.Count, Compaction.Compact(alone, madeHere: entity.Key.Id == _ownId, Limits.Default).Length);
        }
    }

    public void Deliver(int index)
    {
        var (batch, _) = InFlight[index];
        InFlight[index] = (batch, server.Push(batch.Operations));
    }

    public async Task AcknowledgeAsync(int index)
    {
        if (InFlight[index].Answer is not { } answer) return;
        InFlight.RemoveAt(index);
        await Log.AcknowledgeAsync(answer, server.Clock, default);
        Told(answer);
    }

    /// <summary>The stream broke; what the server made of the batch is not known here.</summary>
    public async Task LoseAsync(int index)
    {
        var (batch, _) = InFlight[index];
        InFlight.RemoveAt(index);
        await Log.ReturnToPendingAsync([.. batch.Operations.Select(operation => operation.Id)], default);
    }

    public async Task FailAsync(int index, bool permanent)
    {
        var (batch, _) = InFlight[index];
        InFlight.RemoveAt(index);
        var ids = batch.Operations.Select(operation => operation.Id).ToList();
        if (!permanent)
        {
            await Log.RecordFailureAsync(ids, new OperationFailure("UNAVAILABLE", "try later", Permanent: false), default);
            foreach (var id in ids) _failures[id] = _failures.GetValueOrDefault(id) + 1;
            _gaveUp.UnionWith(ids.Where(id => !_told.ContainsKey(id) && _failures[id] == new SyncStoreOptions { DatabasePath = "" }.MaxAnsweredFailures));
            return;
        }

        var whole = batch.Operations[0].Transaction is not null;
        await Log.RecordFailureAsync([ids[0]], new OperationFailure("INVALID_ARGUMENT", "malformed", Permanent: true), default);
        if (!whole && ids.Count > 1) await Log.ReturnToPendingAsync(ids[1..], default);
        _gaveUp.UnionWith((whole ? ids : ids[..1]).Where(id => !_told.ContainsKey(id)));
    }

    /// <returns>Whether the page was the last.</returns>
    public async Task<bool> PullAsync(int rows)
    {
        var page = server.Pull(Log.State, rows);
        await Log.ApplyPageAsync(page, default);
        Told(page.Outcomes);
        if (page.Complete) _visible = page.Cursor;
        return page.Complete;
    }

    public async Task RestartPullAsync() => await Log.RestartPullAsync(default);

    /// <summary>Sends and fetches until nothing is left to do.</summary>
    public async Task SyncAsync()
    {
        while (InFlight.Count > 0) await LoseAsync(0);
        while ((await Log.DepthAsync(default)) is { Pending: > 0 })
        {
            await TakeAsync();
            Deliver(0);
            await AcknowledgeAsync(0);
        }

        while (!await PullAsync(3))
        {
        }
    }

    /// <summary>The equation of the client: what it shows is what the server had at its cursor, and its own edits over it.</summary>
    public async Task CheckAsync()
    {
        var held = await Store.Database.ReadAsync(StoredRows, default);
        foreach (var key in held.Keys.Concat(server.Keys).Concat(_written.Select(one => one.Operation.Entity)).Distinct())
        {
            var stored = held.GetValueOrDefault(key);
            var expected = Expected(key, stored.Server);
            Assert.Equal(Describe.Row(expected), Describe.Row(stored.Local));
            Assert.Equal(expected is { Deleted: false }, stored.Live);
        }

        await Consistency.CheckAsync(Store);
        Assert.Empty(Store.Database.Meta.Drifted);
    }

    /// <summary>At rest: nothing pending, every receipt answered as the journal says, every refusal among the dead letters.</summary>
    public async Task CheckAtRestAsync()
    {
        await CheckAsync();
        Assert.Equal(0, (await Log.DepthAsync(default)).Pending);
        foreach (var operation in Written) Assert.True(server.OutcomeOf(operation.Id) is not null || _gaveUp.Contains(operation.Id));
        var letters = new List<OperationId>();
        await foreach (var letter in Store.DeadLetters.ListAsync()) letters.Add(letter.Operation);
        Assert.Equal(
            Written.Where(one => server.OutcomeOf(one.Id) is null or { Kind: OutcomeKind.Rejected }).Select(one => one.Id), letters);
        foreach (var receipt in _receipts) Assert.True(receipt.Outcome.IsCompletedSuccessfully);
        Assert.Equal(Log.State.DoneBelow > Written.Select(one => one.Counter).DefaultIfEmpty().Max(), letters.TrueForAll(id => server.OutcomeOf(id) is not null));
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private void Told(IEnumerable<OperationOutcome> outcomes)
    {
        foreach (var outcome in outcomes) _told[outcome.Outcome.Operation] = outcome.Outcome;
    }

    private EntityRow? Expected(EntityKey key, EntityRow? heldServerRow)
    {
        // A pull from the start leaves out the tombstones it could have brought.
        var row = server.RowAt(key, _visible) is { } at && !(at.Deleted && heldServerRow is null) ? at : null;
        foreach (var (operation, writtenAt) in _written)
        {
            if (operation.Entity != key) continue;
            var known = _told.TryGetValue(operation.Id, out var outcome);
            var over = known ? outcome.Kind != OutcomeKind.Rejected && outcome.Sequence > _visible : !_gaveUp.Contains(operation.Id);
            if (over) row = Merge.Apply(row, operation, new MergeContext(TestModel.Schema.Find(key.Type)!, long.MaxValue, writtenAt, Limits.Default)).Row;
        }

        return row;
    }

    private static Dictionary<EntityKey, (EntityRow Local, EntityRow? Server, bool Live)> StoredRows(LocalConnection connection) => connection
        .Query(
            "SELECT type, id, live, pending, server_fields IS NULL, server_sequence FROM entities",
            reader => (Key: new EntityKey(reader.Text(0), reader.Text(1)), Live: (reader.Int64(2) != 0), Pending: (reader.Int64(3) != 0),
                OneRow: (reader.Int64(4) != 0), Server: reader.Int64(5)))
        .ToDictionary(row => row.Key, row =>
        {
            Assert.Equal(!row.Pending || row.Server == 0, row.OneRow);
            return (EntityTable.Find(connection, row.Key)!.Local, EntityTable.FindServerRow(connection, row.Key), row.Live);
        });

    private sealed class FixedTime : TimeProvider
    {
        public const long Milliseconds = 1_700_000_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds);
    }
}
