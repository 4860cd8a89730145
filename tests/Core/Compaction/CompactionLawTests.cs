using CsCheck;
using OrleansSync.Core.Tests.Merging;
using OrleansSync.Core.Tests.Merging.Histories;
using OrleansSync.Generators;

namespace OrleansSync.Core.Tests.Compacting;

/// <summary>The equation of compaction, in histories of every policy.</summary>
public sealed class CompactionLawTests
{
    private const int PerPolicy = 5_000;

    public static TheoryData<string> Policies => SwapLawTests.Policies;

    [Theory]
    [MemberData(nameof(Policies))]
    public void The_local_row_over_compacted_operations_is_the_local_row(string policy)
    {
        var compactions = 0;
        Sample.Histories(Histories(policy), PerPolicy, world =>
        {
            for (var device = 0; device < Setting.Devices; device++)
            {
                var known = world.KnownBy(device);
                var held = world.After(device, known).Held;
                Operation[] pending = [.. world.Log.Skip(known).Where(commit => commit.Device == device).Select(static commit => commit.Operation)];
                if (!DeletesTakeEffect(held, pending, world.Schema)) continue;

                var compacted = Compaction.Compact(pending, madeHere: false, Limits.Default);
                if (compacted.Length < pending.Length) Interlocked.Increment(ref compactions);
                AssertSame(Overlay(held, pending, world.Schema), Overlay(held, compacted, world.Schema), pending);
            }
        });
        Assert.True(compactions > PerPolicy / 2, $"{compactions} runs became shorter.");
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void The_servers_row_after_compacted_operations_is_the_servers_row_where_nothing_is_concurrent(string policy)
    {
        var compactions = 0;
        var runs = Histories(policy).Select(Gen.Int[0, 59].Array[2, 8], static (tape, choices) => (tape, choices));
        runs.Sample(
            run =>
            {
                var world = World.Play(run.tape.Setting, run.tape.Steps());
                var row = world.Row;
                var pending = WriteAtHead(world, run.choices);
                var compacted = Compaction.Compact(pending, madeHere: false, Limits.Default);
                if (compacted.Length < pending.Length) Interlocked.Increment(ref compactions);

                var sequence = world.Log[^1].Sequence;
                AssertSame(Commit(row, pending, sequence, world.Schema), Commit(row, compacted, sequence, world.Schema), pending);
            },
            iter: PerPolicy);
        Assert.True(compactions > PerPolicy / 2, $"{compactions} runs became shorter.");
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void An_entity_that_one_device_made_looks_the_same_when_its_operations_were_compacted(string policy)
    {
        var compactions = 0;
        var setting = new Setting(Alphabet.Large.Single(known => known.Name == policy));
        Gen.Int[0, 59].Array[1, 12].Sample(
            choices =>
            {
                var world = new World(setting);
                var pending = WriteAtHead(world, choices);
                var compacted = Compaction.Compact(pending, madeHere: true, Limits.Default);
                if (compacted.Length < pending.Length) Interlocked.Increment(ref compactions);

                var (plain, brief) = (Commit(null, pending, 1, world.Schema), Commit(null, compacted, 1, world.Schema));
                if (brief is null) Assert.True(plain!.Deleted);
                else AssertSame(plain, brief, pending);
            },
            iter: PerPolicy);
        Assert.True(compactions > PerPolicy / 2, $"{compactions} runs became shorter.");
    }

    [Fact]
    public void Compacting_what_was_compacted_changes_nothing() =>
        Sample.Histories(HistoryGen.OfAny(), PerPolicy, static world =>
        {
            for (var device = 0; device < Setting.Devices; device++)
            {
                Operation[] run = [.. world.Log.Where(commit => commit.Device == device).Select(static commit => commit.Operation)];
                var once = Compaction.Compact(run, madeHere: false, Limits.Default);
                var twice = Compaction.Compact(once, madeHere: false, Limits.Default);
                Assert.Equal(once.Select(Describe.Operation), twice.Select(Describe.Operation));
            }
        });

    private static Gen<Tape> Histories(string policy) => HistoryGen.Of(Alphabet.Large.Single(known => known.Name == policy));

    /// <summary>Operations that the first device writes one after another on top of all there is.</summary>
    private static Operation[] WriteAtHead(World world, int[] choices)
    {
        var known = world.Log.Count;
        foreach (var choice in choices)
        {
            var possible = world.Possible(world.After(0, known));
            Assert.True(world.TryPlay(new Step(0, possible[choice % possible.Length], known)));
        }

        return [.. world.Log.Skip(known).Select(static commit => commit.Operation)];
    }

    private static EntityRow? Overlay(EntityRow? held, IEnumerable<Operation> operations, EntitySchema schema) =>
        operations.Aggregate(held, (row, one) => Merge.Apply(row, one, new MergeContext(schema, long.MaxValue, 0, Limits.Default)).Row);

    private static EntityRow? Commit(EntityRow? row, IEnumerable<Operation> operations, long sequence, EntitySchema schema)
    {
        foreach (var operation in operations)
            row = Merge.Apply(row, operation, new MergeContext(schema, ++sequence, 0, Limits.Default)).Row;
        return row;
    }

    /// <summary>An edit that a delete's device pulled after it wrote may have revived the row; then nothing is claimed.</summary>
    private static bool DeletesTakeEffect(EntityRow? held, Operation[] operations, EntitySchema schema)
    {
        var row = held;
        foreach (var operation in operations)
        {
            row = Overlay(row, [operation], schema);
            if (operation.Kind == OperationKind.Delete && row is { Deleted: false }) return false;
        }

        return true;
    }

    private static void AssertSame(EntityRow? plain, EntityRow? compacted, Operation[] operations)
    {
        var isSame = plain is { Deleted: true } && compacted is { Deleted: true }
            ? (plain.Generation, plain.LastDelete) == (compacted.Generation, compacted.LastDelete)
            : RowValue.AreEqual(plain, compacted);
        if (!isSame)
            Assert.Fail($"{string.Concat(operations.Select(Describe.Operation))}make\n{Describe.Row(plain)}\nand compacted\n{Describe.Row(compacted)}");
    }
}
