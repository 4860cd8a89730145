using OrleansSync.Bench.Load.Data;
using OrleansSync.Bench.Load.Devices;
using OrleansSync.Bench.Load.Processes;
using OrleansSync.Bench.Load.Report;
using OrleansSync.Bench.Load.Systems;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Bench.Load.Workloads;

/// <summary>
/// Devices that are connected and do nothing: what one costs the gateway in memory, and what a round trip takes beside all of
/// them. Each number of watchers on a product of its own, since memory once taken is not given back.
/// </summary>
internal sealed class Idle : IWorkload
{
    // Twice what a round trip allocates here, where ten devices read it.
    private const long SampleBytes = 300_000;

    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(30);

    public string Name => "idle";

    public string Description => "1,000 and 10,000 watchers on one gateway: memory, and round trips beside them";

    public async Task RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        foreach (var watchers in bench.Size<int[]>([1_000, 10_000], [40]))
        {
            await using var database = await bench.StartDatabaseAsync(cancellationToken);
            await using var product = await database.StartProductAsync(cancellationToken);
            await new Load(bench, product, watchers).RunAsync(cancellationToken);
        }
    }

    private sealed class Load(Workbench bench, Product product, int watchers)
    {
        // A collection of the gateway's in the background, beside which round trips take four times as long, is over after 50 or 100 of
        // them: where it falls among 2,000, it is their slowest hundredth.
        private readonly int _rounds = bench.Size(5, 1);
        private readonly int _samples = bench.Size(2_000, 20);

        // As before other round trips. After 1,500 the servers' compilers still took 100 ms of a processor, in the midst of those beside the watchers, which come first.
        private readonly int _warmUp = bench.Size(5_000, 5);

        private int Writes => _warmUp + (_rounds * _samples);

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            // Code is compiled, and memory taken that round trips take anyway, before a watcher counts.
            await MeasureAsync("warm-up", "idle-warm-up-pair", cancellationToken);
            await WarmUpAsync(cancellationToken);
            Measurement with;
            await using (var crowd = new WatcherCrowd(product.Address, "idle", watchers))
            {
                bench.Results.Add(await ConnectAsync(crowd, cancellationToken));
                with = await MeasureBesideAsync(crowd, cancellationToken);
            }

            // After them, so that the server is as warm; and when it is done with their leaving.
            await Quiet.ResidentBytesAsync(product.Gateway, cancellationToken);
            var without = await MeasureAsync("without", "idle-alone", cancellationToken);
            bench.Results.Add(without);
            bench.Results.Add(with with
            {
                More = new Dictionary<string, double> { ["p99_ratio"] = Math.Round(with.P99Ms!.Value / without.P99Ms!.Value, 3) },
            });
        }

        private async Task<Measurement> MeasureAsync(string name, string user, CancellationToken cancellationToken) =>
            await MeasureAsync(name, await WirePair.OpenAsync(product.Address, user, cancellationToken), cancellationToken);

        // What the gateway takes for its first watchers once is not counted as theirs.
        private async Task WarmUpAsync(CancellationToken cancellationToken)
        {
            await using var crowd = new WatcherCrowd(product.Address, "idle-warm-up", bench.Size(100, WatcherCrowd.DevicesPerUser));
            await crowd.OpenAsync(new Latencies(), cancellationToken);
        }

        private async Task<Measurement> ConnectAsync(WatcherCrowd crowd, CancellationToken cancellationToken)
        {
            var before = await Quiet.ResidentBytesAsync(product.Gateway, cancellationToken);
            var latencies = new Latencies();
            var measured = await bench.MeasureAsync(
                new Figure("idle", $"{watchers} connect", Clients.Wire, watchers, watchers),
                product.Processes,
                () => crowd.OpenAsync(latencies, cancellationToken),
                latencies);
            var after = await Quiet.ResidentBytesAsync(product.Gateway, cancellationToken);
            return measured with
            {
                More = new Dictionary<string, double>
                {
                    ["bytes_per_watcher"] = Math.Round((after - before) / watchers),
                    ["before_mb"] = Math.Round(before / 1e6, 1),
                    ["after_mb"] = Math.Round(after / 1e6, 1),
                },
            };
        }

        private async Task<Measurement> MeasureBesideAsync(WatcherCrowd crowd, CancellationToken cancellationToken)
        {
            var user = crowd.UserOf(0);
            var of = crowd.All.ToLookup(watcher => watcher.User == user);
            foreach (var idle in of[false]) idle.Idle(cancellationToken);
            Watcher[] devices = [.. of[true]];
            Check.Equal(WatcherCrowd.DevicesPerUser, devices.Length, $"Watchers of {user}");
            // They read as they go: a stream that nobody reads is one that the server has to wait for.
            var others = devices[1..].Select(device => device.ReadAsync(Writes, cancellationToken)).ToArray();

            var pair = await WirePair.OpenAsync(product.Address, user, devices[0].Call, cancellationToken);
            var measured = await MeasureAsync("with", pair, cancellationToken);

            await VerifyAsync(user, others, cancellationToken);
            foreach (var idle in of[false]) await idle.VerifyIdleAsync();
            return measured;
        }

        private async Task VerifyAsync(string user, Task<Dictionary<string, Row>>[] others, CancellationToken cancellationToken)
        {
            try
            {
                foreach (var rows in await Task.WhenAll(others).WaitAsync(Lost, cancellationToken))
                {
                    Check.Equal(Writes, rows.Count, $"Rows on another watch of {user}");
                    var written = rows.Values.OrderBy(static row => row.Sequence).ToArray();
                    for (var i = 0; i < written.Length; i++)
                        Check.Row(written[i], Note.Of(written[i].EntityId, owner: 0, i, version: 0), $"another watch of {user}");
                }
            }
            catch (TimeoutException)
            {
                var missing = others.Count(static other => !other.IsCompleted);
                throw new BenchException($"{missing} of the other {others.Length} watchers of {user} miss rows after {Lost.TotalSeconds:0} s.");
            }
        }

        private async Task<Measurement> MeasureAsync(string name, IPair pair, CancellationToken cancellationToken)
        {
            await using var owned = pair;
            await Roundtrip.WarmUpAsync(pair, _warmUp, product.Processes, cancellationToken);
            var (rounds, latencies) = (new List<Measurement>(), new Latencies());
            for (var first = _warmUp; first < Writes; first += _samples)
            {
                rounds.Add(await bench.MeasureAsync(
                    new Figure("idle", $"{watchers} {name}", Clients.Wire, Devices: 2, _samples),
                    product.Processes,
                    () => Roundtrip.WriteAsync(pair, first, _samples, latencies, cancellationToken),
                    latencies,
                    _samples * SampleBytes));
            }

            // Of all of them, as after the last round.
            return Measurement.Total(rounds) with { P50Ms = rounds[^1].P50Ms, P99Ms = rounds[^1].P99Ms };
        }
    }
}
