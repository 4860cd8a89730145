using CsCheck;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>
/// Random histories of types whose conflicts a person resolves: devices that write on what they saw last, in batches and transactions, and
/// settle what waits, through two owners over a store that fails at random. The journal must then be what the rules say, commit by commit.
/// </summary>
public sealed class ConflictInboxHistoryTests
{
    private static readonly SyncSchema Schema = new([new EntitySchema("tasks") { Policy = ConflictPolicy.Manual }.Counter("minutes"), new EntitySchema("plain")]);
    private static readonly EntityKey[] Entities = [new("tasks", "a"), new("tasks", "b"), new("plain", "p")];

    private enum Act
    {
        Set,
        Increment,
        Delete,
        Create,
    }

    private sealed record Step(int Device, bool OtherOwner, bool IsTransaction, bool Looks, bool Settles, bool Waits, (Act Act, int Entity)[] Acts);

    private static readonly Gen<Step> GenStep =
        from device in Gen.Int[0, 2]
        from flags in Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[0, 3], Gen.Bool)
        from acts in Gen.Select(Gen.Enum<Act>(), Gen.Int[0, Entities.Length - 1]).Array[1, 3]
        select new Step(device, flags.Item1, flags.Item2, flags.Item3, flags.Item4 == 0, flags.Item5, acts);

    [Fact]
    public Task R22_I2_I3_I6_What_is_parked_and_what_is_settled_is_what_the_rules_say() =>
        Gen.Select(GenStep.Array[4, 30], Gen.Int).SampleAsync((steps, seed) => PlayAsync(steps, seed, StoreKind.Memory), iter: 300, threads: 2);

    [Fact]
    public Task R22_I2_I3_I6_What_is_parked_and_what_is_settled_is_what_the_rules_say_on_sqlite() =>
        Gen.Select(GenStep.Array[4, 30], Gen.Int).SampleAsync((steps, seed) => PlayAsync(steps, seed, StoreKind.Sqlite), iter: 12, threads: 1);

    [Fact]
    public Task R22_I2_I3_I6_What_is_parked_and_what_is_settled_is_what_the_rules_say_on_postgres() =>
        Gen.Select(GenStep.Array[4, 30], Gen.Int).SampleAsync((steps, seed) => PlayAsync(steps, seed, StoreKind.Postgres), iter: 12, threads: 1);

    private static async Task PlayAsync(Step[] steps, int seed, StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var world = await World.CreateAsync(Limits.Default with { RoundOperations = 6 }, store.Store, schema: Schema);
        Histories.BreakCommits(world, new Random(seed), oneIn: 4);
        ChangeLogOptions options = new() { GiveUpAfter = TimeSpan.FromMilliseconds(200), MaxAbandoned = 6, TouchesBeforeGrain = (seed & 0xff) % 3 };
        ChangeLog[] owners = [world.NewLog(options: options), world.NewLog(options: options)];
        var seen = new[] { world.A, world.B, world.C }.ToDictionary(static device => device.Id, static _ => new Dictionary<EntityKey, EntityRow>());
        var sent = new List<(Operation[] Operations, Task<Outcome[]> Outcomes)>();
        foreach (var step in steps)
        {
            var device = new[] { world.A, world.B, world.C }[step.Device];
            if (step.Looks)
            {
                seen[device.Id] = (await world.AllRowsAsync()).Rows.ToDictionary(static row => row.Key);
                device.Counter = Math.Max(device.Counter, seen[device.Id].Values.Select(static row => row.LastEdit.Counter).DefaultIfEmpty().Max());
            }

            var operations = OperationsOf(step, device, seen[device.Id]);
            var batch = device.Batch(operations);
            sent.Add((operations, Histories.UntilDoneAsync(() => owners[step.OtherOwner ? 1 : 0].PushAsync(batch))));
            if (step.Waits) await sent[^1].Outcomes;
        }

        await Task.WhenAll(sent.Select(static push => push.Outcomes)).WaitAsync(TimeSpan.FromMinutes(2));
        world.Store.Random = null;
        Assert.Empty(world.Errors.TakeErrors());
        await CheckAsync(world, [.. sent.SelectMany(static push => push.Operations)]);
    }

    private static Operation[] OperationsOf(Step step, TestDevice device, Dictionary<EntityKey, EntityRow> seen)
    {
        var operations = step.Acts.Select(act => On(Entities[act.Entity], act.Act, device, seen)).ToList();
        var waiting = seen.Values.Where(static row => row.Key.Type == ParkedOperation.Type && !row.Deleted).ToArray();
        if (step.Settles && waiting.Length > 0)
        {
            var settled = waiting[operations.Count % waiting.Length];
            if (step.OtherOwner) operations.Clear();
            operations.Add(device.Settle(new OperationId(Guid.Parse(settled.Key.Id)), settled.Sequence));
            return operations.Count > 1 ? TestDevice.Transaction([.. operations]) : [.. operations];
        }

        return step.IsTransaction ? TestDevice.Transaction([.. operations]) : [.. operations];
    }

    private static Operation On(EntityKey entity, Act act, TestDevice device, Dictionary<EntityKey, EntityRow> seen)
    {
        var row = seen.GetValueOrDefault(entity);
        var operation = act switch
        {
            Act.Create => device.Create(entity.Id, value: $"\"{device.Counter}\""),
            Act.Increment when entity.Type == "tasks" => device.Increment(entity.Id, "minutes", device.Counter + 1),
            Act.Delete => device.Delete(entity.Id),
            _ => device.Set(entity.Id, "title", $"\"{device.Counter}\""),
        };
        return operation with { Entity = entity, Base = row?.Sequence ?? 0, Generation = Math.Max(1, row?.Generation ?? 1) };
    }

    private static async Task CheckAsync(World world, Operation[] operations)
    {
        var byId = operations.ToDictionary(static operation => operation.Id);
        var journal = await world.Store.FindOperationsAsync(world.Scope, byId.Keys, CancellationToken.None);
        Assert.Equal(operations.Length, journal.Count);
        foreach (var transaction in journal.Where(entry => byId[entry.Operation].Transaction is not null).GroupBy(entry => byId[entry.Operation].Transaction!.Id))
        {
            Assert.Single(transaction.Select(static entry => entry.Sequence).Distinct());
            Assert.Single(transaction.Select(static entry => entry.Outcome == OutcomeKind.Parked).Distinct());
            Assert.Single(transaction.Select(static entry => entry.Outcome == OutcomeKind.Rejected).Distinct());
        }

        var settlements = operations.Where(static operation => operation.Entity.Type == ParkedOperation.Type).ToArray();
        var resolutions = operations.Where(operation => settlements.Any(other => other.Id == operation.Id
            || (other.Transaction is { } whole && whole.Id == operation.Transaction?.Id))).Select(static operation => operation.Id).ToHashSet();
        var rows = (await world.AllRowsAsync()).Rows.ToDictionary(static row => row.Key);
        var expected = Replay(world, journal, byId, resolutions);
        foreach (var entity in Entities) Assert.Equal(Histories.BytesOf(expected.GetValueOrDefault(entity)), Histories.BytesOf(rows.GetValueOrDefault(entity)));

        var parked = journal.Where(static entry => entry.Outcome == OutcomeKind.Parked).ToArray();
        Assert.Equal(parked.Length, rows.Keys.Count(static key => key.Type == ParkedOperation.Type));
        foreach (var entry in parked) CheckParked(entry, byId, journal, rows[ParkedOperation.KeyOf(entry.Operation)], resolutions);
        var page = await world.AllRowsAsync();
        foreach (var type in page.Rows.GroupBy(static row => row.Key.Type))
            Assert.Equal(Digest.OfRows([.. type]), page.Digests.SingleOrDefault(one => one.Type == type.Key).Digest);
    }

    // What is accepted met no change of another device that it had not seen, and gives these rows; a settlement neither.
    private static Dictionary<EntityKey, EntityRow> Replay(
        World world, IReadOnlyList<JournalEntry> journal, Dictionary<OperationId, Operation> byId, HashSet<OperationId> resolutions)
    {
        var rows = new Dictionary<EntityKey, EntityRow>();
        foreach (var entry in journal.OrderBy(static entry => entry.Sequence).ThenBy(entry => byId[entry.Operation].Stamp))
        {
            if (entry.Outcome == OutcomeKind.Rejected || entry.Entity.Type == ParkedOperation.Type) continue;
            if (entry.Outcome == OutcomeKind.Parked) continue;
            var result = Merge.Apply(
                rows.GetValueOrDefault(entry.Entity), byId[entry.Operation], new MergeContext(Schema.Find(entry.Entity.Type)!, entry.Sequence, 0, world.Limits));
            Assert.Equal(entry.Outcome, result.Kind);
            if (resolutions.Contains(entry.Operation)) Assert.False(result.Concurrent);
            if (result.Row is { } row) rows[entry.Entity] = row;
        }

        return rows;
    }

    private static void CheckParked(
        JournalEntry entry, Dictionary<OperationId, Operation> byId, IReadOnlyList<JournalEntry> journal, EntityRow row, HashSet<OperationId> resolutions)
    {
        var operation = byId[entry.Operation];
        Assert.DoesNotContain(entry.Operation, resolutions);
        var item = ParkedOperation.Read(row);
        Assert.Equal((operation.Entity, operation.Device, operation.Kind, operation.Counter), (item.Entity, item.Device, item.Kind, item.Counter));
        Assert.Equal<IEnumerable<FieldChange>>(operation.Changes, item.Changes);

        var settled = journal.Where(other => other.Entity == row.Key && other.Outcome is OutcomeKind.Applied).Select(static other => other.Sequence).ToArray();
        Assert.Equal(row.Deleted ? 1 : 0, settled.Length);
        var until = settled.Length > 0 ? settled[0] : long.MaxValue;
        var holdsUp = operation.Entity.Type == "tasks" || operation.Transaction is not null;
        foreach (var other in journal.Where(other => other.Device == entry.Device && other.Entity == entry.Entity && !resolutions.Contains(other.Operation)))
        {
            var isBehind = (other.Sequence > entry.Sequence && other.Sequence <= until)
                || (other.Sequence == entry.Sequence && byId[other.Operation].Counter > operation.Counter);
            if (isBehind && holdsUp) Assert.True(other.Outcome is OutcomeKind.Parked or OutcomeKind.Rejected, $"{other} went past {entry}");
        }
    }
}
