using CsCheck;
using OrleansSync.Backend;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>
/// Server code that repeats its keys at either of two owners, beside a device that counts on the same entities, over a store that fails at
/// random: every key counts once, whole, and has one outcome.
/// </summary>
public sealed class WriteHistoryTests
{
    private const int Entities = 3;

    private sealed record Step(int Key, bool OtherOwner, bool IsDevice);

    private static readonly Gen<Step[]> GenSteps =
        Gen.Select(Gen.Int[0, 7], Gen.Bool, Gen.Int[0, 3], static (key, other, draw) => new Step(key, other, draw == 0)).Array[4, 24];

    [Fact]
    public Task I2_I6_R44_Whatever_fails_and_however_often_a_key_is_repeated_it_counts_once_and_whole() =>
        Gen.Select(GenSteps, Gen.Int).SampleAsync((steps, seed) => PlayAsync(steps, seed, StoreKind.Memory), iter: 200, threads: 2);

    [Fact]
    public Task I2_I6_R44_Whatever_fails_and_however_often_a_key_is_repeated_it_counts_once_and_whole_on_sqlite() =>
        Gen.Select(GenSteps, Gen.Int).SampleAsync((steps, seed) => PlayAsync(steps, seed, StoreKind.Sqlite), iter: 10, threads: 1);

    [Fact]
    public Task I2_I6_R44_Whatever_fails_and_however_often_a_key_is_repeated_it_counts_once_and_whole_on_postgres() =>
        Gen.Select(GenSteps, Gen.Int).SampleAsync((steps, seed) => PlayAsync(steps, seed, StoreKind.Postgres), iter: 10, threads: 1);

    private static async Task PlayAsync(Step[] steps, int seed, StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var world = await World.CreateAsync(Limits.Default with { RoundOperations = 6 }, store.Store);
        await world.DoneAsync(world.A, [.. Enumerable.Range(0, Entities).Select(i => world.A.Create($"e{i}"))]);
        Histories.BreakCommits(world, new Random(seed), oneIn: 3);
        ChangeLogOptions options = new() { GiveUpAfter = TimeSpan.FromMilliseconds(200), TouchesBeforeGrain = (seed & 0xff) % 3 };
        var owners = new[] { world.NewLog(options: options), world.NewLog(options: options) };
        var expected = new Int128[Entities];
        var sent = new List<(int Key, Task<Outcome[]> Outcomes)>();
        foreach (var step in steps)
        {
            var owner = owners[step.OtherOwner ? 1 : 0];
            if (step.IsDevice)
            {
                var batch = world.B.Batch(world.B.Increment($"e{step.Key % Entities}", "n", 1));
                sent.Add((-1, Histories.UntilDoneAsync(() => owner.PushAsync(batch))));
                expected[step.Key % Entities]++;
                continue;
            }

            if (sent.TrueForAll(other => other.Key != step.Key)) Count(step.Key, expected);
            var write = world.RequestOf($"key {step.Key}", write => Write(step.Key, write));
            sent.Add((step.Key, Histories.UntilDoneAsync(() => owner.WriteAsync(write))));
        }

        await Task.WhenAll(sent.Select(static one => one.Outcomes)).WaitAsync(TimeSpan.FromMinutes(2));
        world.Store.Random = null;
        foreach (var one in sent.Where(static one => one.Key >= 0).GroupBy(static one => one.Key, static one => one.Outcomes.Result))
        {
            Assert.All(one, outcomes => Assert.Equal(one.First(), outcomes));
            Assert.All(one.First(), static outcome => Assert.Equal(OutcomeKind.Applied, outcome.Kind));
            Assert.Single(one.First().Select(static outcome => outcome.Sequence).Distinct());
        }

        for (var i = 0; i < Entities; i++) Assert.Equal(expected[i], await world.CounterAsync($"e{i}", "n"));
        Assert.Empty(world.Errors.TakeErrors());
    }

    // One entity or two, each key by an amount of its own.
    private static void Write(int key, SyncWrite write)
    {
        for (var i = 0; i <= key % 2; i++)
            write.Patch("tasks", $"e{(key + i) % Entities}", patch => patch.Increment("n", 1_000L << (2 * key)));
    }

    private static void Count(int key, Int128[] expected)
    {
        for (var i = 0; i <= key % 2; i++) expected[(key + i) % Entities] += 1_000L << (2 * key);
    }
}
