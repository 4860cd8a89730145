using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Conflicts;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>
/// Random histories of types that refuse: strictly, or by a resolver. Devices write on what they saw last, alone and in transactions, through two
/// owners over a store that fails at random. Played again from the journal, each operation must have ended as its rule says of the row it met.
/// </summary>
public sealed class RuleHistoryTests
{
    private static readonly EntityKey[] Entities = [new("tasks", "a"), new("tasks", "b")];

    private enum Act
    {
        Set,
        Add,
        Take,
        Delete,
        Create,
    }

    private sealed record Step(int Device, bool OtherOwner, bool IsTransaction, bool Looks, bool Waits, (Act Act, int Entity)[] Acts);

    private static readonly Gen<Step> GenStep =
        from device in Gen.Int[0, 2]
        from flags in Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool)
        from acts in Gen.Select(Gen.Enum<Act>(), Gen.Int[0, Entities.Length - 1]).Array[1, 3]
        select new Step(device, flags.Item1, flags.Item2, flags.Item3, flags.Item4, acts);

    [Fact]
    public Task R22_I6_A_strict_type_takes_what_has_seen_all_and_refuses_what_has_not() =>
        Gen.Select(GenStep.Array[4, 24], Gen.Int).SampleAsync(static (steps, seed) => PlayAsync(steps, seed, ConflictPolicy.Reject), iter: 200, threads: 2);

    [Fact]
    public Task R22_I6_A_resolver_decides_about_the_row_that_each_operation_meets_and_its_rule_holds_after_every_commit() =>
        Gen.Select(GenStep.Array[4, 24], Gen.Int).SampleAsync(static (steps, seed) => PlayAsync(steps, seed, ConflictPolicy.Custom), iter: 200, threads: 2);

    private static async Task PlayAsync(Step[] steps, int seed, ConflictPolicy policy)
    {
        var schema = new SyncSchema([new EntitySchema("tasks") { Policy = policy, ResolverVersion = policy == ConflictPolicy.Custom ? 1 : 0 }.Counter("minutes")]);
        var resolvers = new Resolvers(new Dictionary<string, IConflictResolver> { ["tasks"] = new NotBelowZero() }, NullLogger.Instance);
        await using var store = await TestStore.OpenAsync(StoreKind.Memory);
        var world = await World.CreateAsync(Limits.Default with { RoundOperations = 6 }, store.Store, schema: schema);
        Histories.BreakCommits(world, new Random(seed), oneIn: 4);
        // All in place: what grains do with these rules is the same code.
        ChangeLogOptions options = new() { GiveUpAfter = TimeSpan.FromMilliseconds(200), MaxAbandoned = 6, TouchesBeforeGrain = int.MaxValue };
        ChangeLog[] owners = [world.NewLog(options: options, resolvers: resolvers), world.NewLog(options: options, resolvers: resolvers)];
        var devices = new[] { world.A, world.B, world.C };
        var seen = devices.ToDictionary(static device => device.Id, static _ => new Dictionary<EntityKey, EntityRow>());
        var sent = new List<(Operation[] Operations, Task Done)>();
        foreach (var step in steps)
        {
            var device = devices[step.Device];
            if (step.Looks)
            {
                seen[device.Id] = (await world.AllRowsAsync()).Rows.ToDictionary(static row => row.Key);
                device.Counter = Math.Max(device.Counter, seen[device.Id].Values.Select(static row => Math.Max(row.LastEdit.Counter, row.LastDelete.Counter)).DefaultIfEmpty().Max());
            }

            var operations = step.Acts.Select(act => On(Entities[act.Entity], act.Act, device, seen[device.Id])).ToArray();
            if (step.IsTransaction) operations = TestDevice.Transaction(operations);
            var batch = device.Batch(operations);
            sent.Add((operations, Histories.UntilDoneAsync(() => owners[step.OtherOwner ? 1 : 0].PushAsync(batch))));
            if (step.Waits) await sent[^1].Done;
        }

        await Task.WhenAll(sent.Select(static push => push.Done)).WaitAsync(TimeSpan.FromMinutes(2));
        world.Store.Random = null;
        Assert.Empty(world.Errors.TakeErrors());
        await CheckAsync(world, schema, resolvers, [.. sent.SelectMany(static push => push.Operations)]);
    }

    private static Operation On(EntityKey entity, Act act, TestDevice device, Dictionary<EntityKey, EntityRow> seen)
    {
        var row = seen.GetValueOrDefault(entity);
        var operation = act switch
        {
            Act.Create => device.Create(entity.Id, value: $"\"{device.Counter}\""),
            Act.Add => device.Increment(entity.Id, "minutes", 2),
            Act.Take => device.Increment(entity.Id, "minutes", -1),
            Act.Delete => device.Delete(entity.Id),
            _ => device.Set(entity.Id, "title", $"\"{device.Counter}\""),
        };
        return operation with { Base = row?.Sequence ?? 0, Generation = Math.Max(1, row?.Generation ?? 1) };
    }

    private static async Task CheckAsync(World world, SyncSchema schema, Resolvers resolvers, Operation[] operations)
    {
        var byId = operations.ToDictionary(static operation => operation.Id);
        var journal = await world.Store.FindOperationsAsync(world.Scope, byId.Keys, CancellationToken.None);
        Assert.Equal(operations.Length, journal.Count);
        var rows = new Dictionary<EntityKey, EntityRow>();
        foreach (var entry in journal.OrderBy(static entry => entry.Sequence).ThenBy(entry => byId[entry.Operation].Stamp))
        {
            // What is refused for another one's sake says nothing of its row.
            if (entry.Reason is RejectionReason.TransactionRejected or RejectionReason.PredecessorRejected) continue;
            var before = rows.GetValueOrDefault(entry.Entity);
            var result = resolvers.Apply(before, byId[entry.Operation], new MergeContext(schema.Find(entry.Entity.Type)!, entry.Sequence, 0, world.Limits));
            if (entry.Outcome == OutcomeKind.Rejected)
            {
                // Its transaction may have been what it met: then it was judged without what it had done itself before.
                if (byId[entry.Operation].Transaction is null) Assert.Equal(entry.Reason, result.Reason);
                continue;
            }

            Assert.Equal(entry.Outcome, result.Kind);
            if (schema.Find(entry.Entity.Type)!.Policy == ConflictPolicy.Reject) Assert.False(result.Concurrent);
            if (result.Row is { } row) rows[entry.Entity] = row;
            if (schema.Find(entry.Entity.Type)!.Policy == ConflictPolicy.Custom) Assert.True(MinutesOf(rows.GetValueOrDefault(entry.Entity)) >= 0);
        }

        foreach (var entity in Entities)
            Assert.Equal(Histories.BytesOf(rows.GetValueOrDefault(entity)), Histories.BytesOf((await world.Store.LoadAsync(world.Scope, [entity], CancellationToken.None)).SingleOrDefault()));
    }

    private static Int128 MinutesOf(EntityRow? row) => row is null or { Deleted: true } ? 0 : row.Fields.OfType<CounterField>().SingleOrDefault(static field => field.Name == "minutes")?.Value ?? 0;

    private sealed class NotBelowZero : IConflictResolver
    {
        public Resolution Resolve(Conflict conflict) =>
            conflict.Merged?["minutes"]?.GetValue<long>() < 0 ? Resolution.Refuse() : Resolution.Merge();
    }
}
