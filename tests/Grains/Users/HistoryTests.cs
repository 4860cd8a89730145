using CsCheck;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>
/// Random histories: devices that push whatever they like to either of two owners, over a store and entities that fail at
/// random, and send again until they have outcomes. What the journal says must then be what happened, to the byte.
/// </summary>
public sealed class HistoryTests
{
    private static readonly string[] Entities = ["a", "b", "c", "d"];

    private enum Act
    {
        Create,
        Set,
        Increment,
        Delete,
        Gone,
    }

    private sealed record Step(int Device, bool OtherOwner, bool IsTransaction, bool Twice, (Act Act, int Entity)[] Acts);

    private static readonly Gen<Step> GenStep =
        from device in Gen.Int[0, 2]
        from otherOwner in Gen.Bool
        from isTransaction in Gen.Bool
        from twice in Gen.Int[0, 3]
        from acts in Gen.Select(Gen.Enum<Act>(), Gen.Int[0, Entities.Length - 1]).Array[1, 4]
        select new Step(device, otherOwner, isTransaction, twice == 0, acts);

    [Fact]
    public Task I2_I3_I6_I7_The_journal_is_what_happened() =>
        Gen.Select(GenStep.Array[4, 24], Gen.Int).SampleAsync(
            (steps, seed) => PlayAsync(steps, seed, StoreKind.Memory), iter: 300, threads: 2);

    [Fact]
    public Task I2_I3_I6_I7_The_journal_is_what_happened_on_sqlite() =>
        Gen.Select(GenStep.Array[4, 24], Gen.Int).SampleAsync(
            (steps, seed) => PlayAsync(steps, seed, StoreKind.Sqlite), iter: 12, threads: 1);

    [Fact]
    public Task I2_I3_I6_I7_The_journal_is_what_happened_on_postgres() =>
        Gen.Select(GenStep.Array[4, 24], Gen.Int).SampleAsync(
            (steps, seed) => PlayAsync(steps, seed, StoreKind.Postgres), iter: 12, threads: 1);

    private static async Task PlayAsync(Step[] steps, int seed, StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var world = await World.CreateAsync(Limits.Default with { RoundOperations = 6 }, store.Store);
        BreakThings(world, new Random(seed));
        ChangeLogOptions options = new()
        {
            GiveUpAfter = TimeSpan.FromMilliseconds(200),
            MaxAbandoned = 6,
            TouchesBeforeGrain = (seed & 0xff) % 3,
            RecentEntities = 2,
        };
        var owners = new[] { world.NewLog(options: options), world.NewLog(options: options) };
        var sent = new List<(PushBatch Batch, Task<Outcome[]> Outcomes)>();
        foreach (var step in steps)
        {
            var batch = BatchOf(world, step);
            for (var i = 0; i < (step.Twice ? 2 : 1); i++)
            {
                var owner = owners[step.OtherOwner ^ i == 1 ? 1 : 0];
                sent.Add((batch, Histories.UntilDoneAsync(() => owner.PushAsync(batch))));
            }
        }

        await Task.WhenAll(sent.Select(push => push.Outcomes)).WaitAsync(TimeSpan.FromMinutes(2));
        world.Store.Random = null;
        Assert.Empty(world.Errors.TakeErrors());
        await CheckAsync(world, [.. sent.Select(push => (push.Batch, push.Outcomes.Result))]);
    }

    private static void BreakThings(World world, Random random)
    {
        int Draw(int bound)
        {
            lock (random) return random.Next(bound);
        }

        Histories.BreakCommits(world, random, oneIn: 3);
        world.Merger.Before = (_, _) =>
        {
            if (Draw(25) == 0) throw new TimeoutException("lost on the way there");
        };
        world.Merger.After = (_, _) =>
        {
            if (Draw(25) == 0) throw new TimeoutException("lost on the way back");
        };
    }

    private static PushBatch BatchOf(World world, Step step)
    {
        var device = new[] { world.A, world.B, world.C }[step.Device];
        // The others' clocks are seen now and then, so that timestamps interleave.
        if (step.Twice) device.Counter = new[] { world.A, world.B, world.C }.Max(other => other.Counter);
        var operations = step.Acts.Select(act => act.Act switch
        {
            Act.Create => device.Create(Entities[act.Entity], value: $"\"{device.Counter}\""),
            Act.Set => device.Set(Entities[act.Entity], "title", $"\"{device.Counter} of {step.Device}\""),
            Act.Increment => device.Increment(Entities[act.Entity], "minutes", device.Counter + 1),
            Act.Delete => device.Delete(Entities[act.Entity]),
            _ => device.UpdateOfGone($"gone-{Entities[act.Entity]}"),
        }).ToArray();
        return device.Batch(step.IsTransaction ? TestDevice.Transaction(operations) : operations);
    }

    private static async Task CheckAsync(World world, (PushBatch Batch, Outcome[] Outcomes)[] sent)
    {
        var operations = sent.SelectMany(push => push.Batch.Operations).DistinctBy(operation => operation.Id)
            .ToDictionary(operation => operation.Id);
        var journal = await world.Store.FindOperationsAsync(world.Scope, operations.Keys, CancellationToken.None);
        var state = await world.StateAsync();

        // Every operation ended exactly once, every caller was told how, and no sequence is missing.
        Assert.Equal(operations.Count, journal.Count);
        var outcomes = journal.ToDictionary(
            entry => entry.Operation, entry => new Outcome(entry.Operation, entry.Outcome, entry.Sequence, entry.Reason));
        Assert.All(sent, push => Assert.Equal(push.Batch.Operations.Select(operation => outcomes[operation.Id]), push.Outcomes));
        Assert.Equal(Enumerable.Range(1, (int)state.Head).Select(i => (long)i), journal.Select(entry => entry.Sequence).Distinct().Order());
        Assert.Equal(operations.Values.Max(operation => operation.Counter), state.Clock);

        var inTransactions = operations.Values.Where(operation => operation.Transaction is not null);
        foreach (var transaction in inTransactions.GroupBy(operation => operation.Transaction!.Id))
        {
            var ends = transaction.Select(operation => outcomes[operation.Id]).ToArray();
            Assert.Single(ends.Select(end => end.Sequence).Distinct());
            Assert.Single(ends.Select(end => end.Kind == OutcomeKind.Rejected).Distinct());
        }

        var rows = Replay(journal, operations, world.Limits);
        var page = await world.AllRowsAsync();
        Assert.Equal(
            rows.Values.OrderBy(row => row.Key.Id, StringComparer.Ordinal).Select(Histories.BytesOf),
            page.Rows.OrderBy(row => row.Key.Id, StringComparer.Ordinal).Select(Histories.BytesOf));
        Assert.Equal(Digest.OfRows(page.Rows), page.Digests.SingleOrDefault().Digest);
        Assert.Equal(page.Rows.Count(row => !row.Deleted), page.Digests.SingleOrDefault().Rows);
    }

    // The oracle: what was accepted, commit after commit, each in timestamp order, through the merge alone.
    private static Dictionary<EntityKey, EntityRow> Replay(
        IReadOnlyList<JournalEntry> journal, Dictionary<OperationId, Operation> operations, Limits limits)
    {
        var rows = new Dictionary<EntityKey, EntityRow>();
        var accepted = journal.Where(entry => entry.Outcome != OutcomeKind.Rejected)
            .OrderBy(entry => entry.Sequence).ThenBy(entry => operations[entry.Operation].Stamp);
        foreach (var entry in accepted)
        {
            var context = new MergeContext(EntitySchema.Undeclared(entry.Entity.Type), entry.Sequence, 0, limits);
            var result = Merge.Apply(rows.GetValueOrDefault(entry.Entity), operations[entry.Operation], context);
            Assert.Equal(entry.Outcome, result.Kind);
            if (result.Row is { } row) rows[entry.Entity] = row;
        }

        return rows;
    }
}
