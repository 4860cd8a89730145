using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>A backend with entities in it, where devices push in rounds, and others pull what came of each.</summary>
internal sealed class GrowthSite : IAsyncDisposable
{
    private const int Devices = 4;
    private const int FilledAtATime = 64;
    private const int ScopesPushed = 40;
    private const int Seed = 20_260_101;

    private readonly Workbench _bench;
    private readonly string _size;
    private readonly BenchDatabase _database;
    private readonly Product _product;
    private readonly Pusher[][] _rounds;
    private readonly List<Measurement> _pushes = [];
    private readonly List<Measurement> _pulls = [];

    private GrowthSite(Workbench bench, string size, BenchDatabase database, Product product, Pusher[][] rounds) =>
        (_bench, _size, _database, _product, _rounds) = (bench, size, database, product, rounds);

    public static int RoundsOf(Workbench bench) => bench.Size(4, 1);

    public Measurement Pushed => Measurement.Total(_pushes);

    public Measurement Pulled => Measurement.Total(_pulls);

    /// <summary>Fills a new database, starts the product on it and warms it up.</summary>
    /// <param name="bench">Where it measures.</param>
    /// <param name="size">Its name among the sizes.</param>
    /// <param name="seeders">Of its scopes, in any order.</param>
    /// <param name="entities">As many in each.</param>
    /// <param name="cancellationToken">Ends the filling.</param>
    public static async Task<GrowthSite> StartAsync(
        Workbench bench, string size, Seeder[] seeders, int entities, CancellationToken cancellationToken)
    {
        var database = await bench.StartDatabaseAsync(cancellationToken);
        Product? product = null;
        try
        {
            await FillAsync(database, seeders, entities, cancellationToken);
            product = await database.StartProductAsync(cancellationToken);
            await WarmUpAsync(bench, product, cancellationToken);
            return new GrowthSite(bench, size, database, product, PushersOf(bench, seeders, entities));
        }
        catch
        {
            if (product is not null) await product.DisposeAsync();
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Devices push, then others pull it, once.</summary>
    public async Task MeasureAsync(int round, CancellationToken cancellationToken)
    {
        var pushers = _rounds[round];
        string[] users = [.. pushers.Select(static one => one.Seeder.User).Distinct()];
        // A pull is over in 50 ms, beside a database that still tidies up after the push.
        var pulls = _bench.Size(5, 1);
        using var readers = await GrowthReaders.OpenAsync(_product.Address, users, pulls, cancellationToken);
        _pushes.Add(await PushAsync(pushers, cancellationToken));
        // No entity is written twice: each operation is a row, of each pull.
        _pulls.Add(await _bench.MeasureAsync(
            new Figure("growth", $"{_size} pull", Clients.Wire, users.Length * pulls, pushers.Sum(static one => one.Writes.Count) * pulls),
            _product.Processes,
            () => readers.PullAsync(cancellationToken)));
        foreach (var writes in pushers.GroupBy(static one => one.Seeder.User, static one => one.Writes)) readers.Verify(writes.Key, [.. writes]);
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static async Task FillAsync(BenchDatabase database, Seeder[] seeders, int entities, CancellationToken cancellationToken)
    {
        var store = database.OpenStore();
        await using var closing = (IAsyncDisposable)store;
        var options = new ParallelOptions { MaxDegreeOfParallelism = FilledAtATime, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(seeders, options, async (seeder, token) => await seeder.FillAsync(store, entities, token));
    }

    // Each seeded entity is of one device in one round at most. In one scope all devices are of its user; of many scopes each round
    // takes others, a device each, with as many operations together.
    private static Pusher[][] PushersOf(Workbench bench, Seeder[] seeders, int entities)
    {
        var (operations, batch) = (bench.Size(1_250, 100), bench.Size(Push.BatchOperations, 20));
        var (rounds, random) = (RoundsOf(bench), new Random(Seed));
        if (seeders is [var one])
        {
            return
            [
                .. Enumerable.Range(0, entities).GroupBy(index => index % (Devices * rounds))
                    .Select(share => new Pusher(one, new GrowthWrites(one, share, operations, batch, random)))
                    .Chunk(Devices),
            ];
        }

        random.Shuffle(seeders);
        var pushed = Math.Min(ScopesPushed, seeders.Length / rounds);
        return
        [
            .. seeders.Take(pushed * rounds)
                .Select(seeder => new Pusher(seeder, new GrowthWrites(seeder, Enumerable.Range(0, entities), operations * Devices / pushed, batch, random)))
                .Chunk(pushed),
        ];
    }

    private async Task<Measurement> PushAsync(Pusher[] pushers, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        var channels = Array.ConvertAll(pushers, _ => Channels.Open(_product.Address));
        var devices = channels.Zip(pushers, static (channel, one) => new WireDevice(channel, one.Seeder.User)).ToArray();
        foreach (var device in devices) await device.OpenAsync(cancellationToken);
        // What connecting left to compile, and other backends to tidy up, is not the push's.
        await Quiet.ProcessorAsync(_product.Processes, cancellationToken);
        var measured = await _bench.MeasureAsync(
            new Figure("growth", $"{_size} push", Clients.Wire, pushers.Length, pushers.Sum(static one => one.Writes.Count)),
            _product.Processes,
            () => Task.WhenAll(devices.Zip(pushers, (device, one) => Task.Run(
                () => device.PushAsync(one.Writes.BatchesOf(device), latencies, cancellationToken), cancellationToken))),
            latencies);
        foreach (var channel in channels) channel.Dispose();
        return measured;
    }

    // A user of its own, so that what is measured starts with nothing of its scope in memory.
    private static async Task WarmUpAsync(Workbench bench, Product product, CancellationToken cancellationToken)
    {
        const string User = "growth-warm-up";
        var entities = 0;
        for (var part = 0; part < bench.Size(Push.WarmUpParts, 1); part++)
        {
            NoteWrites[] writes = [.. Enumerable.Range(0, Devices).Select(device => new NoteWrites(device, bench.Size(5_000, 50), bench.Size(Push.BatchOperations, 20)))];
            await Task.WhenAll(writes.Select(async one =>
            {
                using var channel = Channels.Open(product.Address);
                var device = new WireDevice(channel, User);
                await device.OpenAsync(cancellationToken);
                await device.PushAsync(device.BatchesOf(one), new Latencies(), cancellationToken);
            }));
            entities += writes.Sum(static one => one.Entities);
            Check.Equal(entities, (await Check.RowsAsync(product.Address, User, cancellationToken)).Count, $"Notes of {User}");
            await Quiet.ProcessorAsync(product.Processes, cancellationToken);
        }
    }

    /// <summary>A device of a scope's user, and what it pushes.</summary>
    private sealed record Pusher(Seeder Seeder, GrowthWrites Writes);
}
