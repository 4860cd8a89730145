using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// What an operation costs in a scope of few and of many entities, and among many scopes: it must not depend on how much is
/// there. The same scope grows from size to size; the product starts anew at each, and so does what it keeps in memory.
/// </summary>
internal sealed class Growth : IWorkload
{
    private const int Devices = 4;
    private const int FilledAtATime = 64;
    private const int ScopesPushed = 40;
    private const int Seed = 20_260_101;

    public string Name => "growth";

    public string Description => "cost of an operation at 10,000 to 1,000,000 entities in one scope, and at 10,000 scopes";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var load = new Load(bench);
        await load.OneScopeAsync(cancellationToken);
        await load.ManyScopesAsync(cancellationToken);
    }

    /// <summary>A device of a user, and what it pushes.</summary>
    private sealed record Pusher(string User, GrowthWrites Writes);

    private sealed class Load(Workbench bench)
    {
        private readonly GrowthCosts _pushCosts = new();
        private readonly GrowthCosts _pullCosts = new();
        private readonly int _operations = bench.Size(2_500, 100);
        private readonly int _batch = bench.Size(Push.BatchOperations, 20);

        // One is over in 50 ms, beside a database that still tidies up after it was filled.
        private readonly int _pulls = bench.Size(10, 2);

        public async Task OneScopeAsync(CancellationToken cancellationToken)
        {
            await using var database = await bench.StartDatabaseAsync(cancellationToken);
            var random = new Random(Seed);
            var updated = new HashSet<int>();
            var (seeded, entities) = (0, 0);
            Seeder? seeder = null;
            foreach (var size in bench.Size<int[]>([10_000, 100_000, 1_000_000], [200, 1_000]))
            {
                bench.Results.Note($"filling a scope up to {size:N0} entities");
                var store = database.OpenStore();
                await using (var closing = (IAsyncDisposable)store)
                {
                    seeder ??= new Seeder(store, "growth", owner: 1);
                    seeder.Store = store;
                    // What was created in between counts too.
                    var until = seeded + size - entities;
                    await seeder.FillAsync(seeded, until, cancellationToken);
                    (seeded, entities) = (until, size);
                }

                var free = Enumerable.Range(0, seeded).Where(index => !updated.Contains(index)).ToLookup(static index => index % Devices);
                GrowthWrites[] writes =
                    [.. Enumerable.Range(0, Devices).Select(device => new GrowthWrites(seeder, free[device], _operations, _batch, random))];
                await MeasureAsync(database, $"{size}", [.. writes.Select(one => new Pusher(seeder.User, one))], cancellationToken);
                foreach (var one in writes)
                {
                    updated.UnionWith(one.Updated);
                    entities += one.Count - one.Updated.Count;
                }
            }
        }

        public async Task ManyScopesAsync(CancellationToken cancellationToken)
        {
            var (scopes, size) = (bench.Size(10_000, 20), bench.Size(100, 20));
            await using var database = await bench.StartDatabaseAsync(cancellationToken);
            bench.Results.Note($"filling {scopes:N0} scopes of {size} entities");
            var seeders = new Seeder[scopes];
            var store = database.OpenStore();
            await using (var closing = (IAsyncDisposable)store)
            {
                var options = new ParallelOptions { MaxDegreeOfParallelism = FilledAtATime, CancellationToken = cancellationToken };
                await Parallel.ForEachAsync(Enumerable.Range(0, scopes), options, async (scope, token) =>
                {
                    seeders[scope] = new Seeder(store, $"growth-{scope}", owner: scope);
                    await seeders[scope].FillAsync(0, size, token);
                });
            }

            var random = new Random(Seed);
            random.Shuffle(seeders);
            // As many operations as in one scope, and few enough in each that there are seeded entities to update.
            var (pushed, each) = (Math.Min(ScopesPushed, scopes), _operations * Devices / Math.Min(ScopesPushed, scopes));
            var pushers = seeders.Take(pushed).Select(seeder =>
                new Pusher(seeder.User, new GrowthWrites(seeder, Enumerable.Range(0, size), each, _batch, random)));
            await MeasureAsync(database, $"{scopes} scopes", [.. pushers], cancellationToken);
        }

        private async Task MeasureAsync(BenchDatabase database, string size, Pusher[] pushers, CancellationToken cancellationToken)
        {
            await using var product = await database.StartProductAsync(cancellationToken);
            await WarmUpAsync(product, cancellationToken);
            string[] users = [.. pushers.Select(static one => one.User).Distinct()];
            using var readers = await GrowthReaders.OpenAsync(product.Address, users, _pulls, cancellationToken);
            bench.Results.Add(_pushCosts.Compare(await PushAsync(product, size, pushers, cancellationToken)));
            // No entity is written twice: each operation is a row, of each pull.
            var pulled = await bench.MeasureAsync(
                new Figure("growth", $"{size} pull", Clients.Wire, users.Length * _pulls, pushers.Sum(static one => one.Writes.Count) * _pulls),
                product.Processes,
                () => readers.PullAsync(cancellationToken));
            foreach (var writes in pushers.GroupBy(static one => one.User, static one => one.Writes)) readers.Verify(writes.Key, [.. writes]);
            bench.Results.Add(_pullCosts.Compare(pulled));
        }

        private async Task<Measurement> PushAsync(Product product, string size, Pusher[] pushers, CancellationToken cancellationToken)
        {
            var latencies = new Latencies();
            var channels = Array.ConvertAll(pushers, _ => Channels.Open(product.Address));
            var devices = channels.Zip(pushers, static (channel, one) => new WireDevice(channel, one.User)).ToArray();
            foreach (var device in devices) await device.OpenAsync(cancellationToken);
            var measured = await bench.MeasureAsync(
                new Figure("growth", $"{size} push", Clients.Wire, pushers.Length, pushers.Sum(static one => one.Writes.Count)),
                product.Processes,
                () => Task.WhenAll(devices.Zip(pushers, (device, one) => Task.Run(
                    () => device.PushAsync(one.Writes.BatchesOf(device), latencies, cancellationToken), cancellationToken))),
                latencies);
            foreach (var channel in channels) channel.Dispose();
            return measured;
        }

        // A user of its own, so that what is measured starts with nothing of its scope in memory.
        private async Task WarmUpAsync(Product product, CancellationToken cancellationToken)
        {
            const string User = "growth-warm-up";
            var before = (await Check.RowsAsync(product.Address, User, cancellationToken)).Count;
            for (var part = 0; part < bench.Size(Push.WarmUpParts, 1); part++)
            {
                NoteWrites[] writes = [.. Enumerable.Range(0, Devices).Select(device => new NoteWrites(device, bench.Size(5_000, 50), _batch))];
                await Task.WhenAll(writes.Select(async one =>
                {
                    using var channel = Channels.Open(product.Address);
                    var device = new WireDevice(channel, User);
                    await device.OpenAsync(cancellationToken);
                    await device.PushAsync(device.BatchesOf(one), new Latencies(), cancellationToken);
                }));
                var after = (await Check.RowsAsync(product.Address, User, cancellationToken)).Count;
                Check.Equal(before + writes.Sum(static one => one.Entities), after, $"Notes of {User}");
                before = after;
                await Quiet.ProcessorAsync(product.Processes, cancellationToken);
            }
        }
    }
}
