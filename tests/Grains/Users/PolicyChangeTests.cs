using OrleansSync.Core;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>A product that runs gets other rules: what was written under the old ones keeps its meaning.</summary>
public abstract class PolicyChangeTests(StoreKind kind) : ChangeLogTests(kind)
{
    [Fact]
    public async Task R22_A_whole_document_stays_one_where_its_type_merges_fields_by_now()
    {
        var (world, merging) = await StartAsync(ConflictPolicy.LastWriterWins, ConflictPolicy.FieldMerge);
        var whole = world.B.Set("one", "title", "\"whole\"") with { Base = 1 };
        whole = whole with { WholeDocumentCounter = whole.Counter };
        await merging.PushAsync(world.A.Batch(world.A.Set("one", "note", "\"of a\"") with { Base = 1 }));
        await merging.PushAsync(world.B.Batch(whole));
        await merging.PushAsync(world.A.Batch(world.A.Increment("one", "minutes", 2) with { Base = 1 }));

        // The note has the lower timestamp: it is not part of the document that b has written.
        Assert.Equal(("\"whole\"", null), (await world.TextAsync("one", "title"), await world.TextAsync("one", "note")));
        Assert.Equal(2, await world.CounterAsync("one", "minutes"));
    }

    [Theory]
    [InlineData(ConflictPolicy.Reject, OutcomeKind.Rejected)]
    [InlineData(ConflictPolicy.Manual, OutcomeKind.Parked)]
    [InlineData(ConflictPolicy.LastWriterWins, OutcomeKind.Merged)]
    public async Task R22_What_a_concurrent_operation_becomes_is_said_by_the_policy_at_its_commit(ConflictPolicy policy, OutcomeKind expected)
    {
        var (world, other) = await StartAsync(ConflictPolicy.FieldMerge, policy);
        var late = world.B.Set("one", "note", "\"of b\"") with { Base = 1 };
        await world.DoneAsync(world.A, world.A.Set("one", "title", "\"of a\"") with { Base = 1 });

        Assert.Equal(expected, Assert.Single((await other.PushAsync(world.B.Batch(late))).Outcomes).Kind);
        // It is no whole document, whatever its type's policy is by now.
        Assert.Equal("\"of a\"", await world.TextAsync("one", "title"));
        Assert.Equal(expected == OutcomeKind.Merged ? "\"of b\"" : null, await world.TextAsync("one", "note"));
        // And a repetition has the outcome that it had, under any policy.
        Assert.Equal(expected, Assert.Single(await world.DoneAsync(world.B, late)).Kind);
    }

    private async Task<(World World, Grains.Users.ChangeLog Log)> StartAsync(ConflictPolicy before, ConflictPolicy after)
    {
        var world = await NewWorldAsync(schema: SchemaOf(before));
        await world.DoneAsync(world.A, world.A.Create("one"));
        world.B.Counter = world.A.Counter + 10;
        return (world, world.NewLog(new LocalMerger(world.Scope, world.Store, world.Limits, SchemaOf(after)), schema: SchemaOf(after)));
    }

    private static SyncSchema SchemaOf(ConflictPolicy policy) => new([new EntitySchema("tasks") { Policy = policy }.Counter("minutes")]);
}

public sealed class PolicyChangeOnMemoryTests() : PolicyChangeTests(StoreKind.Memory);

public sealed class PolicyChangeOnSqliteTests() : PolicyChangeTests(StoreKind.Sqlite);

public sealed class PolicyChangeOnPostgresTests() : PolicyChangeTests(StoreKind.Postgres);
