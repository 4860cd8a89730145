using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Samples.Stock;
using OrleansSync.Testing;

// The server's part: the type, its counter, and the app's rule.
await using var world = await SyncWorld.StartAsync(static sync => sync.Entity("stock").Counter("count").ResolveWith<StockResolver>(StockResolver.Version));

var (left, right) = (await world.AddDeviceAsync("left till"), await world.AddDeviceAsync("right till"));
await Stock(left).PutAsync(new SyncDocument("lamp", []));
await Stock(left).PatchAsync("lamp", static patch => patch.Increment("count", 10));
await world.ConvergeAsync();

// Both sell without a network: 10 lamps, 7 + 2 + 4 sold.
await left.GoOfflineAsync();
await right.GoOfflineAsync();
await SellAsync(left, 7);
await SellAsync(right, 2);
await SellAsync(right, 4);
await left.GoOnlineAsync();
await world.ConvergeAsync();
await right.GoOnlineAsync();
await world.ConvergeAsync();

foreach (var till in world.Devices) Console.WriteLine($"{till.Name}: {await CountAsync(till)} lamps left");
await foreach (var letter in right.Store.DeadLetters.ListAsync())
    Console.WriteLine($"right till has to take a sale back: {((IncrementField)letter.Changes[0]).Delta} lamps, {letter.Reason}. {letter.Message}");
return await CountAsync(left) == 1 && await CountAsync(right) == 1 ? 0 : 1;

static SyncCollection<SyncDocument> Stock(SyncDevice till) => till.Store.Collection("stock");

static async Task SellAsync(SyncDevice till, int lamps)
{
    await Stock(till).PatchAsync("lamp", patch => patch.Increment("count", -lamps));
    Console.WriteLine($"{till.Name}: sold {lamps}, shows {await CountAsync(till)}");
}

static async Task<long> CountAsync(SyncDevice till) => (await Stock(till).FindAsync("lamp"))!.Fields["count"]!.GetValue<long>();
