using System.Diagnostics;
using OrleansSync.Backends;
using OrleansSync.Client;

namespace OrleansSync.Samples.Tour;

/// <summary>The Tour, step by step. Each step checks what it shows and throws on a mismatch.</summary>
internal sealed class Story(Screen screen, IBackend backend, CuttingProxy proxy, TourDevice phone, TourDevice laptop)
{
    private const int ReadingsCount = 3_000;

    /// <summary>Tells it all; answers the digest that both devices ended with.</summary>
    public async Task<string> TellAsync(CancellationToken ct)
    {
        await FirstWriteAsync(ct);
        await FieldMergeAsync(ct);
        await CounterAsync(ct);
        await DeleteAgainstEditAsync(ct);
        await TransactionAsync(ct);
        await CutAcknowledgementAsync(ct);
        await KilledServerAsync(ct);
        return await ConvergedAsync(ct);
    }

    private async Task FirstWriteAsync(CancellationToken ct)
    {
        screen.Step("A write is local first, and live on the other device");
        var clock = Stopwatch.StartNew();
        await phone.Tasks.PutAsync(new TaskItem("pump", "Fix pump", "nobody"), ct);
        screen.Phone($"puts task “pump”: on its disk after {clock.Elapsed.TotalMilliseconds:0} ms");
        var seen = await EventuallyAsync("the task on the laptop", () => laptop.Tasks.FindAsync("pump", ct), static task => task is not null, ct);
        screen.Laptop($"shows {seen} — pushed to it, it did not ask");
    }

    private async Task FieldMergeAsync(CancellationToken ct)
    {
        screen.Step("Both edit the same task offline: fields merge");
        GoOffline();
        await phone.Tasks.UpdateAsync("pump", static task => task with { Title = "Fix pump 7" }, ct);
        await laptop.Tasks.UpdateAsync("pump", static task => task with { Assignee = "Grace" }, ct);
        screen.Both($"offline: {await phone.Tasks.FindAsync("pump", ct)}", $"offline: {await laptop.Tasks.FindAsync("pump", ct)}");
        await GoOnlineAsync(ct);
        await ExpectBothAsync("the merged task", device => device.Tasks.FindAsync("pump", ct), "“Fix pump 7” → Grace, 0 min");
    }

    private async Task CounterAsync(CancellationToken ct)
    {
        screen.Step("Both count offline: 3 + 4 = 7, not 3 and not 4");
        GoOffline();
        await phone.Tasks.PatchAsync("pump", static patch => patch.Increment("minutes", 3), ct);
        await laptop.Tasks.PatchAsync("pump", static patch => patch.Increment("minutes", 4), ct);
        screen.Both("offline: 3 minutes more", "offline: 4 minutes more");
        await GoOnlineAsync(ct);
        await ExpectBothAsync("the counter", async device => (await device.Tasks.FindAsync("pump", ct))?.Minutes, "7");
    }

    private async Task DeleteAgainstEditAsync(CancellationToken ct)
    {
        screen.Step("One deletes, the other edits: the higher timestamp wins");
        foreach (var id in (string[])["edited-later", "deleted-later"]) await phone.Tasks.PutAsync(new TaskItem(id, id, "Ada"), ct);
        await SyncBothAsync(ct);
        GoOffline();

        // Timestamps are logical: whoever has written more since they last met is the later one.
        await phone.Tasks.DeleteAsync("edited-later", ct);
        await laptop.Tasks.UpdateAsync("deleted-later", static task => task with { Assignee = "Grace" }, ct);
        await laptop.Tasks.UpdateAsync("edited-later", static task => task with { Assignee = "Grace" }, ct);
        await phone.Tasks.UpdateAsync("deleted-later", static task => task with { Title = "x" }, ct);
        await phone.Tasks.DeleteAsync("deleted-later", ct);
        screen.Both("offline: deletes “edited-later” (1st write), and “deleted-later” (3rd)", "offline: edits “deleted-later” (1st) and “edited-later” (2nd)");
        await GoOnlineAsync(ct);
        await ExpectBothAsync("the task edited later", device => device.Tasks.FindAsync("edited-later", ct), "“edited-later” → Grace, 0 min");
        await ExpectBothAsync("the task deleted later", device => device.Tasks.FindAsync("deleted-later", ct), "nothing");
    }

    private async Task TransactionAsync(CancellationToken ct)
    {
        screen.Step("A transaction over several entities arrives whole");
        var receipt = await phone.Store.TransactionAsync(
            tx =>
            {
                tx.Put(phone.Orders, new Order("o-1", "Ada", 3));
                for (var line = 1; line <= 3; line++) tx.Put(phone.OrderLines, new OrderLine($"o-1/{line}", "o-1", $"part {line}"));
            },
            ct);
        screen.Phone("writes an order and its 3 lines in one transaction");
        await EventuallyAsync("the order on the laptop", () => laptop.Orders.FindAsync("o-1", ct), static order => order is not null, ct);
        var lines = await laptop.OrderLines.CountAsync(ct);
        screen.Laptop($"the moment the order is there, so are {lines} lines");
        Expect("lines beside the order", "3", lines);
        var outcome = await receipt.Outcome.WaitAsync(TimeSpan.FromSeconds(10), ct);
        screen.Phone($"outcome: {outcome.Kind}");
    }

    private async Task CutAcknowledgementAsync(CancellationToken ct)
    {
        screen.Step("An acknowledgement is lost: sent again, counted once");
        await SyncBothAsync(ct);
        proxy.SwallowAnswers();
        await phone.Tasks.PatchAsync("pump", static patch => patch.Increment("minutes", 5), ct);
        screen.Phone("adds 5 minutes; its connection carries the write, but no answer");
        await EventuallyAsync(
            "the increment on the laptop", async () => (await laptop.Tasks.FindAsync("pump", ct))?.Minutes, static minutes => minutes == 12, ct);
        screen.Laptop("sees 12: the server has committed it");
        Expect("operations the phone still holds", "1", phone.Store.Status.Pending);
        proxy.CutAndHeal();
        screen.Across($"the connection is cut after {proxy.SwallowedBytes} bytes of answers were lost, then works again");
        await SyncBothAsync(ct);
        await ExpectBothAsync("the counter", async device => (await device.Tasks.FindAsync("pump", ct))?.Minutes, "12");
        screen.Line("       sent twice, 0 duplicates");
    }

    private async Task KilledServerAsync(CancellationToken ct)
    {
        screen.Step("The server is killed in the middle of a push");
        GoOffline();
        for (var from = 0; from < ReadingsCount; from += 50)
        {
            var start = from;
            await phone.Store.TransactionAsync(
                tx =>
                {
                    for (var i = start; i < start + 49; i++) tx.Put(phone.Readings, new Reading($"r-{i:0000}", i));
                    tx.Patch(phone.Tasks, "pump", static patch => patch.Increment("minutes"));
                },
                ct);
        }

        var written = phone.Store.Status.Pending;
        screen.Phone($"wrote {written} operations offline, and connects");
        phone.Store.Resume();
        await EventuallyAsync("part of the push", () => Task.FromResult(phone.Store.Status.Pending), left => left < written * 3 / 4, ct);
        backend.Kill();
        screen.Across($"{backend.Victim}: killed with SIGKILL; {phone.Store.Status.Pending} of {written} operations are not acknowledged");
        await phone.Tasks.PatchAsync("pump", static patch => patch.Increment("minutes", 1), ct);
        screen.Phone("still works: adds a minute");
        await backend.RestartAsync(ct);
        screen.Across("started again on the same data");
        await GoOnlineAsync(ct);
        await ExpectBothAsync("the counter", async device => (await device.Tasks.FindAsync("pump", ct))?.Minutes, $"{12 + (ReadingsCount / 50) + 1}");
        await ExpectBothAsync("the readings", async device => await device.Readings.CountAsync(ct), $"{ReadingsCount / 50 * 49}");
    }

    private async Task<string> ConvergedAsync(CancellationToken ct)
    {
        await SyncBothAsync(ct);
        Expect("operations left on the phone", "0", phone.Store.Status.Pending);
        Expect("operations left on the laptop", "0", laptop.Store.Status.Pending);
        Expect("dead letters", "0", phone.Store.Status.DeadLetters + laptop.Store.Status.DeadLetters);
        var (left, right) = (await phone.Store.DigestAsync(cancellationToken: ct), await laptop.Store.DigestAsync(cancellationToken: ct));
        Expect("the laptop's digest", left, right);
        screen.Line("");
        return left;
    }

    private void GoOffline()
    {
        phone.Store.Pause();
        laptop.Store.Pause();
    }

    private async Task GoOnlineAsync(CancellationToken ct)
    {
        phone.Store.Resume();
        laptop.Store.Resume();
        await SyncBothAsync(ct);
    }

    // Twice, because the second device's push may be what the first still lacks.
    private async Task SyncBothAsync(CancellationToken ct)
    {
        await SyncAsync(phone.Store, ct);
        await SyncAsync(laptop.Store, ct);
        await SyncAsync(phone.Store, ct);
    }

    private static async Task SyncAsync(SyncStore store, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await store.SyncNowAsync(ct);
                return;
            }
            catch (SyncException exception) when (exception.IsTransient)
            {
                // The network of this Tour breaks on purpose.
                await Task.Delay(exception.RetryAfter ?? TimeSpan.FromMilliseconds(100), ct);
            }
        }
    }

    private async Task ExpectBothAsync<T>(string what, Func<TourDevice, Task<T>> read, string expected)
    {
        var (left, right) = ($"{await read(phone)}", $"{await read(laptop)}");
        (left, right) = (left.Length == 0 ? "nothing" : left, right.Length == 0 ? "nothing" : right);
        screen.Both(left, right);
        Expect($"{what} on the phone", expected, left);
        Expect($"{what} on the laptop", expected, right);
    }

    private static void Expect<T>(string what, string expected, T found)
    {
        if ($"{found}" != expected) throw new MismatchException(what, expected, $"{found}");
    }

    private static async Task<T> EventuallyAsync<T>(string what, Func<Task<T>> read, Func<T, bool> reached, CancellationToken ct)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            var value = await read();
            if (reached(value)) return value;
            if (deadline.Elapsed > TimeSpan.FromSeconds(15)) throw new MismatchException(what, "to arrive within 15 s", $"{value}");
            await Task.Delay(5, ct);
        }
    }
}
