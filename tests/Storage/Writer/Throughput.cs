using System.Diagnostics;
using OrleansSync.Core;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Storage.Writer;

/// <summary>How many operations (one row write and one journal row each) a second the store commits, for a few shapes of load.</summary>
internal static class Throughput
{
    private const int PoolScopes = 4_096;
    private const double NewRows = 0.7;

    public static async Task PrintAsync(ISyncStore store, TimeSpan duration)
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, PoolScopes).Select(i => Task.Run(() => PrepareAsync(store, i))));
        Console.WriteLine("| scopes x operations | ops/s | rounds/s | p50 ms | p99 ms | CPU us/op |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var (scopes, size) in new[] { (8, 100), (32, 16), (512, 1), (1, 512) })
        {
            var latencies = new List<double>[scopes];
            var processor = Environment.CpuUsage.TotalTime;
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, scopes).Select(lane => Task.Run(async () =>
            {
                var mine = claims.Where((_, i) => i % scopes == lane).ToArray();
                latencies[lane] = [];
                for (var turn = 0; watch.Elapsed < duration; turn++)
                {
                    var round = mine[turn % mine.Length].NextRound(size);
                    var start = watch.Elapsed;
                    if (await store.CommitAsync(round, default) != CommitResult.Committed) throw new InvalidOperationException("refused");
                    latencies[lane].Add((watch.Elapsed - start).TotalMilliseconds);
                }
            })));
            var seconds = watch.Elapsed.TotalSeconds;
            var all = latencies.SelectMany(x => x).Order().ToList();
            // The time of the processor is the number to compare on a machine that others use too; making the load is in it.
            var micros = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / (all.Count * size);
            Console.WriteLine(
                $"| {scopes} x {size} | {all.Count * size / seconds:N0} | {all.Count / seconds:N0} "
                + $"| {all[all.Count / 2]:N1} | {all[all.Count * 99 / 100]:N1} | {micros:N1} |");
        }
    }

    private static async Task<Lane> PrepareAsync(ISyncStore store, int number)
    {
        var scope = ScopeId.ForUser($"throughput{number:D6}");
        await store.RegisterDeviceAsync(scope, Workload.Device, new([], []), registeredAt: 1, default);
        return new Lane(await store.ClaimAsync(scope, default), scope, number);
    }

    private sealed class Lane(ScopeClaim claim, ScopeId scope, int seed)
    {
        private static readonly string Json = $"\"{new string('x', 180)}\"";
        private readonly Random _random = new(seed);
        private readonly List<EntityKey> _keys = [];
        private readonly Dictionary<EntityKey, long> _versions = [];
        private long _head = claim.State.Head;

        public ScopeCommit NextRound(int size)
        {
            var sequence = _head + 1;
            var keys = new HashSet<EntityKey>();
            while (keys.Count < size)
            {
                var isNew = _keys.Count < size || _random.NextDouble() < NewRows;
                var key = isNew ? new EntityKey("notes", Guid.CreateVersion7().ToString()) : _keys[_random.Next(_keys.Count)];
                if (keys.Add(key) && isNew) _keys.Add(key);
            }

            var rows = keys.Select(key => new RowChange(Workload.Row(key, sequence, Json), _versions.GetValueOrDefault(key))).ToList();
            foreach (var key in keys) _versions[key] = sequence;
            _head = sequence;
            return new ScopeCommit
            {
                Scope = scope,
                Epoch = claim.State.Epoch,
                Head = sequence - 1,
                CommitId = Guid.CreateVersion7(),
                Clock = sequence,
                Rows = [.. rows],
                Operations = [.. keys.Select(key => Workload.Entry(new OperationId(Guid.CreateVersion7()), key, sequence))],
                Counters = [new DeviceCounter(Workload.Device, sequence)],
                Digests = [new TypeDigest("notes", (UInt128)sequence, _keys.Count)],
            };
        }
    }
}
