using CsCheck;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

/// <summary>
/// Random histories of three devices: writes, batches, lost and late acknowledgements, pages in pieces, restarts. The
/// equation local = server + own edits holds after every step, and at rest all devices hold the server's rows.
/// </summary>
public sealed class HistoryProperties
{
    private const int Devices = 3;

    private static readonly string[] Types = ["notes", "plans", "drafts", "pages"];

    private static readonly Gen<(int Device, int Step, int A, int B)[]> Histories =
        Gen.Select(Gen.Int[0, Devices - 1], Gen.Int[0, 22], Gen.Int[0, 3], Gen.Int[0, 3]).Array[1, 60];

    [Fact]
    public Task I2_I4_I10_Local_rows_are_server_rows_and_own_edits_at_every_step_and_all_devices_converge() =>
        Histories.SampleAsync(RunAsync, iter: 150, threads: 2);

    private static async Task RunAsync((int Device, int Step, int A, int B)[] history)
    {
        using var folder = new TestFolder();
        var server = new ModelServer(TestModel.Schema);
        var devices = Enumerable.Range(0, Devices).Select(i => new ModelDevice(folder, $"{i}.db", server)).ToArray();
        foreach (var device in devices) await device.OpenAsync();
        var increments = 0L;
        foreach (var (index, step, a, b) in history)
        {
            var device = devices[index];
            if (step == 0)
            {
                await device.WriteAsync(store => Increment(store, a + 1));
                increments += a + 1;
            }
            else
            {
                await StepAsync(device, step, a, b);
            }

            await device.CheckAsync();
        }

        for (var round = 0; round < 2; round++)
        {
            foreach (var device in devices) await device.SyncAsync();
        }

        var digest = Digest.OfRows(server.Keys.Select(key => server.RowAt(key, server.Head)!)).ToString("x32");
        foreach (var device in devices)
        {
            await device.CheckAtRestAsync();
            Assert.Equal(digest, await device.Store.DigestAsync());
            var lost = device.Written.Where(one => device.GaveUp.Contains(one.Id) && one.Entity.Id == "sum" && server.OutcomeOf(one.Id) is null);
            increments -= lost.SelectMany(one => one.Changes).OfType<IncrementField>().Sum(change => change.Delta);
        }

        // Each device creates the entity of the sum in the same generation, so no increment is ever superseded.
        var refused = devices.SelectMany(device => device.Written)
            .Where(one => one.Entity.Id == "sum" && server.OutcomeOf(one.Id) is { Kind: OutcomeKind.Rejected })
            .SelectMany(one => one.Changes).OfType<IncrementField>().Sum(change => change.Delta);
        foreach (var device in devices) Assert.Equal(increments - refused, (await device.Store.Notes().FindAsync("sum"))?.Minutes ?? 0);
        foreach (var device in devices) await device.DisposeAsync();
    }

    private static Task<WriteReceipt> Increment(SyncStore store, int delta) => store.TransactionAsync(tx =>
    {
        if (tx.Find(store.Notes(), "sum") is null) tx.Put(store.Notes(), new Note("sum", "s"));
        tx.Patch(store.Notes(), "sum", patch => patch.Increment("minutes", delta));
    });

    private static Task StepAsync(ModelDevice device, int step, int a, int b)
    {
        var (type, id) = (Types[a], $"e{b}");
        return step switch
        {
            1 or 2 => device.WriteAsync(store => store.Notes(type).PutAsync(new Note(id, $"put {step}", Text: a > 1 ? "t" : null))),
            3 => device.WriteAsync(store => store.Notes(type).UpdateAsync(id, note => note with { Done = !note.Done })),
            4 => device.WriteAsync(store => store.Notes(type).PatchAsync(id, patch => patch.Increment("minutes", b + 1).Remove("text"))),
            5 => device.WriteAsync(store => store.Notes(type).PatchAsync(id, patch => patch.Add("tags", $"t{b}").Set("title", $"by {a}"))),
            6 => device.WriteAsync(store => store.Notes(type).PatchAsync(id, patch => patch.RemoveElement("tags", $"t{b}"))),
            7 => device.WriteAsync(store => store.Notes(type).DeleteAsync(id)),
            8 => device.WriteAsync(store => store.TransactionAsync(tx =>
            {
                tx.Put(store.Notes(type), new Note(id, "in a transaction"));
                tx.Put(store.Notes(Types[(a + 1) % 4]), new Note("e0", "too"));
                tx.Patch(store.Notes(type), id, patch => patch.Increment("minutes"));
            })),
            9 or 10 => device.TakeAsync(a == 0 ? Limits.Default with { BatchOperations = 2 } : null),
            11 or 12 when device.InFlight.Count > 0 => Do(() => device.Deliver(a % device.InFlight.Count)),
            13 or 14 when device.InFlight.Count > 0 => device.AcknowledgeAsync(a % device.InFlight.Count),
            15 when device.InFlight.Count > 0 => device.LoseAsync(a % device.InFlight.Count),
            16 when device.InFlight.Count > 0 => device.FailAsync(a % device.InFlight.Count, permanent: b == 0),
            17 => device.PullAsync(rows: a + 1),
            18 => device.PullAsync(rows: 1_000),
            19 when a == 0 => device.ReopenAsync(),
            19 when a == 1 => device.RestartPullAsync(),
            20 when a == 0 => device.WriteAsync(store => store.Notes("drafts").DeleteAsync(device.OwnId)),
            20 => device.WriteAsync(store => store.Notes("drafts").PutAsync(new Note(device.OwnId, $"own {b}"))),
            21 or 22 => device.CompactAsync(),
            _ when b == 0 => device.SyncAsync(),
            _ => device.TakeAsync(),
        };
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
