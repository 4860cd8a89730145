using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.Subscriptions;

/// <summary>A device whose types change while it and others write, in steps that a generator chooses.</summary>
internal sealed class FillRun(TestFolder folder) : IAsyncDisposable
{
    private static readonly string[] Types = ["notes", "plans", "drafts"];

    private readonly ModelServer _server = new(TestModel.Schema);
    private readonly HashSet<string> _wanted = [Types[0]];
    private SyncStore _store = null!;
    private int _next;

    public async Task OpenAsync() => _store = await folder.OpenAsync(types: [Types[0]]);

    public async Task StepAsync(int step)
    {
        switch (step)
        {
            case 0 or 1 or 2: await AddAsync(Types[step]); break;
            case 3 or 4: await RemoveAsync(Types[step - 2]); break;
            case 5: await _store.Notes(Types[_next++ % 3]).PutAsync(new Note($"own{_next % 4}", $"{_next}")); break;
            case 6: await OthersWriteAsync(folder, _server, Types); break;
            case 7: await OthersDeleteAsync(); break;
            case 8: await _store.PushOneAsync(_server); break;
            case 9 when _store.Log.State.Types.Filling.Length > 0: await FillAsync(_server, _store, rows: 2); break;
            case 10: await ReopenAsync(); break;
            default: await _store.Log.ApplyPageAsync(_server.Pull(_store.Log.State, 3), default); break;
        }

        await Consistency.CheckAsync(_store);
    }

    /// <summary>Everything is pushed, filled and pulled: the rows are the server's, of the types that were asked for.</summary>
    public async Task EndAsync()
    {
        await _store.PushAsync(_server);
        while (_store.Log.State.Types.Filling.Length > 0) await FillAsync(_server, _store, rows: 3);
        await _store.PullAsync(_server);
        Assert.Equal(_wanted.Order(StringComparer.Ordinal), _store.Subscriptions.Current!.Select(static one => one.Type));
        foreach (var type in Types)
        {
            var expected = _wanted.Contains(type)
                ? _server.Keys.Where(key => key.Type == type).Select(key => _server.RowAt(key, _server.Head)!).Where(static row => !row.Deleted)
                : [];
            var held = new List<EntityRow>();
            await _store.Database.ReadAsync(
                connection =>
                {
                    Client.Store.Sqlite.EntityTable.ScanServerRows(connection, type, held.Add);
                    return true;
                },
                default);
            Assert.Equal(
                expected.Select(Describe.Row).Order(StringComparer.Ordinal),
                held.Where(static row => !row.Deleted).Select(Describe.Row).Order(StringComparer.Ordinal));
        }

        Assert.Empty(await _store.LogAsync());
    }

    public static Task FillAsync(ModelServer server, SyncStore store, int rows) =>
        store.Log.ApplyFillAsync(store.Log.State.Types.Filling[0], server.Fill(store.Log.State, rows), default);

    public static Task OthersWriteAsync(TestFolder folder, ModelServer server, params string[] types) => AsOtherAsync(
        folder,
        server,
        store => store.TransactionAsync(tx =>
        {
            foreach (var type in types) tx.Put(store.Notes(type), new Note($"{server.Head}", "theirs"));
        }));

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    private static async Task AsOtherAsync(TestFolder folder, ModelServer server, Func<SyncStore, Task<WriteReceipt>> write)
    {
        await using var other = await folder.OpenAsync("other.db");
        await other.PullAsync(server);
        if ((await write(other)).Operations.Count > 0) await other.PushOneAsync(server);
    }

    private Task OthersDeleteAsync() => AsOtherAsync(folder, _server, async store =>
    {
        var type = Types[_next++ % 3];
        var first = await store.Notes(type).Query().FirstAsync();
        return first is null ? WriteReceipt.Nothing : await store.Notes(type).DeleteAsync(first.Id);
    });

    private async Task AddAsync(string type)
    {
        await _store.Subscriptions.AddAsync(type);
        _wanted.Add(type);
    }

    private async Task RemoveAsync(string type)
    {
        try
        {
            await _store.Subscriptions.RemoveAsync(type);
            _wanted.Remove(type);
        }
        catch (SyncException refused) when (refused.Code == "OS3012")
        {
            Assert.Equal(type, Assert.Single(_store.Log.State.Types.Joined!));
        }
    }

    private async Task ReopenAsync()
    {
        await _store.DisposeAsync();
        _store = await folder.OpenAsync(types: ["claims"]);
    }
}
