using CsCheck;
using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;
using OrleansSync.Generators;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>
/// Histories of three devices and a server that is restored, once or twice, to any earlier point, beside a server that the same operations were
/// committed to in the same order and that lost nothing: when everybody has come back, both have the same.
/// </summary>
public sealed class RecoveryProperties
{
    private const int Devices = 3;
    private const int Entities = 4;

    private static readonly Gen<int[]> Histories = Gen.Int[0, 9_999].Array[10, 60];

    [Fact]
    public Task R43_I2_I4_Whatever_was_lost_with_a_restore_all_of_it_is_back_when_all_devices_are() =>
        Histories.SampleAsync(PlayAsync, iter: 150, threads: 2);

    private static async Task PlayAsync(int[] history)
    {
        using var folder = new TestFolder();
        var (server, oracle) = (new ModelServer(TestModel.Schema), new ModelServer(TestModel.Schema));
        var stores = new SyncStore[Devices];
        for (var i = 0; i < Devices; i++) stores[i] = await folder.OpenAsync($"{i}.db");
        var (restores, made) = (0, new HashSet<string>());
        foreach (var number in history)
        {
            var (act, store, id) = (number % 10, stores[number / 10 % Devices], $"n{number / 100 % Entities}");
            switch (act)
            {
                case 0: await SyncAsync(store); break;
                case 1: await PushAsync(store); break;
                case 2 when restores < 2:
                    var lost = 1 + (number / 1_000);
                    restores++;
                    server.SetBackTo(Math.Max(server.Lost.Through, server.Head - lost));
                    break;
                case 3:
                    await store.DisposeAsync();
                    stores[number / 10 % Devices] = await folder.OpenAsync($"{number / 10 % Devices}.db");
                    break;
                case 4 when !made.Add(id): break;
                default: await WriteAsync(store, act, id, number); break;
            }
        }

        // Each has to have been there once before the last one has all.
        for (var round = 0; round < 2; round++)
        {
            foreach (var store in stores) await SyncAsync(store);
        }

        foreach (var store in stores)
        {
            Assert.Null(store.Log.State.Recovery);
            await Consistency.CheckAsync(store);
            foreach (var key in oracle.Keys)
            {
                var (expected, found) = (Visible(oracle.RowAt(key, long.MaxValue)), Visible(store.Database.Read(connection => Client.Store.Sqlite.EntityTable.FindServerRow(connection, key))));
                Assert.Equal(expected, found);
            }

            await store.DisposeAsync();
        }

        async Task SyncAsync(SyncStore store)
        {
            await store.Log.RecordHandshakeAsync(server.Handshake, default);
            await PushAsync(store);
            await store.PullAsync(server);
            await PushAsync(store);
            await store.PullAsync(server);
        }

        async Task PushAsync(SyncStore store)
        {
            await store.Log.RecordHandshakeAsync(server.Handshake, default);
            while (await store.TakeAsync() is { } batch)
            {
                oracle.GoOnAbove(server.Head);
                oracle.Push(batch.Operations);
                await store.Log.AcknowledgeAsync(server.Push(batch.Operations), server.Clock, default);
            }
        }
    }

    private static async Task WriteAsync(SyncStore store, int act, string id, int number)
    {
        var notes = store.Notes();
        var exists = await notes.FindAsync(id) is not null;
        switch (act)
        {
            case 4 when !exists: await notes.PutAsync(new Note(id, $"made {number}")); break;
            case 5 when exists && number % 3 == 0: await notes.DeleteAsync(id); break;
            case 6 when exists:
                await store.TransactionAsync(tx =>
                {
                    tx.Patch(notes, id, patch => patch.Increment("minutes", 3));
                    tx.Put(notes, new Note(store.NewId(), $"beside {number}"));
                });
                break;
            case 7 when exists: await notes.PatchAsync(id, patch => patch.Increment("minutes", 1 + (number % 5))); break;
            case 8 when exists: await notes.PatchAsync(id, patch => patch.Set("text", $"text {number}")); break;
            case 9 when exists: await notes.PatchAsync(id, patch => patch.Add("tags", $"tag {number % 4}")); break;
        }
    }

    private static string Visible(EntityRow? row) => row is not { Deleted: false } ? "gone" : string.Join(' ', row.Fields.Select(static field => field switch
    {
        PlainField plain => $"{plain.Name}={plain.Value}",
        CounterField counter => $"{counter.Name}={counter.Value}",
        SetFieldValue set => $"{set.Name}={string.Join(',', set.Entries.Select(static entry => entry.Element))}",
        _ => "",
    }));
}
