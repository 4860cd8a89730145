using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Postgres;
using OrleansSync.Storage.Sqlite;
using OrleansSync.Storage.Writer;

// write <file>: claims the workload's scopes and commits to all of them until it is killed or the disk fails. It prints a
// line an event: "committed scope sequence"; after a fault "unknown scope sequence" or "unavailable scope sequence", then
// what a claim says: "claimed scope head", or "silent scope" where the store cannot say.
// throughput <file> [seconds]: prints a table of commits per second.
// Instead of a file, a connection string of PostgreSQL (Host=…).
if (args is not [var verb, var target, ..])
{
    Console.Error.WriteLine("write <file> | throughput <file> [seconds]; a connection string of PostgreSQL instead of a file");
    return 2;
}

ISyncStore store = target.Contains("Host=", StringComparison.OrdinalIgnoreCase)
    ? PostgresStore.Open(new PostgresStoreOptions { ConnectionString = target }, NullLogger<PostgresStore>.Instance)
    : SqliteStore.Open(new SqliteStoreOptions { Path = target }, NullLogger<SqliteStore>.Instance);
await using var closing = (IAsyncDisposable)store;
if (verb == "throughput")
{
    await Throughput.PrintAsync(store, TimeSpan.FromSeconds(args.Length > 2 ? int.Parse(args[2]) : 3));
    return 0;
}

await Task.WhenAll(Enumerable.Range(0, Workload.Scopes).Select(number => Task.Run(() => WriteAsync(number))));
return 0;

async Task WriteAsync(int number)
{
    var scope = Workload.Scope(number);
    await store.RegisterDeviceAsync(scope, Workload.Device, new([], []), registeredAt: 1, default);
    var claim = await store.ClaimAsync(scope, default);
    var (epoch, head) = (claim.State.Epoch, claim.State.Head);
    var versions = Workload.Versions(head);
    while (true)
    {
        try
        {
            var result = await store.CommitAsync(Workload.Round(number, epoch, head, versions), default);
            if (result != CommitResult.Committed) throw new InvalidOperationException($"{scope} at {head}: {result}");
        }
        catch (Exception fault) when (fault is StoreOutcomeUnknownException or StoreUnavailableException)
        {
            Tell(fault is StoreOutcomeUnknownException ? "unknown" : "unavailable", number, head + 1);
            await AskAsync(number);
            return;
        }

        head++;
        Workload.Advance(versions, head);
        Tell("committed", number, head);
    }
}

async Task AskAsync(int number)
{
    try
    {
        Tell("claimed", number, (await store.ClaimAsync(Workload.Scope(number), default)).State.Head);
    }
    catch (StoreUnavailableException)
    {
        Tell("silent", number, 0);
    }
}

// One write a line, so that lines of several scopes do not mix and each is out before the next commit.
void Tell(string what, int scope, long sequence) => Console.Out.Write($"{what} {scope} {sequence}\n");
