using Microsoft.Extensions.Logging.Abstractions;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Retention;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Storage.InMemory;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Retention;

/// <summary>What is too old goes, and nothing else; days pass in no time.</summary>
public sealed class PurgePassTests
{
    [Fact]
    public async Task R23_A_tombstone_is_kept_for_30_days_and_no_longer()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, world.A.Create("a"), world.A.Create("b"));
        await world.DoneAsync(world.A, world.A.Delete("a"));
        world.Time.Advance(TimeSpan.FromDays(29));
        await world.DoneAsync(world.A, world.A.Delete("b"));

        Assert.Equal(new PurgeReport(1, 0, 0, 2), await RunAsync(world));
        world.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(new PurgeReport(1, 1, 0, 1), await RunAsync(world));

        Assert.Null(await world.RowAsync("a"));
        Assert.True((await world.RowAsync("b"))!.Deleted);
        Assert.Equal(2, (await world.StateAsync()).Horizon);
    }

    [Fact]
    public async Task R23_An_edit_that_revived_an_entity_saves_it_from_the_purge()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, world.A.Create("a"));
        await world.DoneAsync(world.A, world.A.Delete("a"));
        world.Time.Advance(TimeSpan.FromDays(29));
        await world.DoneAsync(world.A, world.A.Set("a", "title", "\"again\""));
        world.Time.Advance(TimeSpan.FromDays(60));

        Assert.Equal(0, (await RunAsync(world)).Tombstones);
        Assert.Equal("\"again\"", await world.TextAsync("a", "title"));
    }

    [Fact]
    public async Task R23_A_pass_removes_more_than_one_commit_takes_from_every_scope()
    {
        var (store, time) = (new InMemoryStore(), new SkippingTime());
        foreach (var user in new[] { "ada", "bob", "eve" }) await FillAsync(store, ScopeId.ForUser(user), tombstones: 2_500);
        time.Advance(TimeSpan.FromDays(31));
        var before = time.GetUtcNow();

        var report = await new PurgePass(store, new RetentionOptions(), time, NullLogger.Instance).RunAsync(default);

        Assert.Equal(new PurgeReport(3, 7_500, 0, 0), report);
        // Three commits a scope, with a pause after each that was full.
        Assert.Equal(PurgePass.Pause * 6, time.GetUtcNow() - before);
    }

    [Fact]
    public async Task I2_What_the_journal_has_lost_is_refused_as_stale_and_not_applied_again()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, world.A.Create("a"));
        var increment = world.A.Increment("a", "n", 5);
        await world.DoneAsync(world.A, increment);
        world.Time.Advance(TimeSpan.FromDays(91));
        Assert.Equal(0, (await RunAsync(world)).Operations);
        var session = new DeviceSession([], [1]);
        Assert.True(await world.Store.UpdateSessionAsync(world.Scope, world.A.Id, session, session, increment.Counter + 1, default));
        world.Log.OnDevicesChanged();

        Assert.Equal(2, (await RunAsync(world)).Operations);

        var replay = Assert.Single(await world.DoneAsync(world.A, increment));
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.StaleReplay), (replay.Kind, replay.Reason));
        Assert.Equal(5, await world.CounterAsync("a", "n"));
    }

    [Fact]
    public async Task I8_Whoever_writes_beside_a_purge_meets_no_more_than_a_new_claim()
    {
        var world = await World.CreateAsync();
        await world.DoneAsync(world.A, world.A.Create("a"), world.A.Create("b"));
        await world.DoneAsync(world.A, world.A.Delete("a"));
        var (late, anew) = (world.A.UpdateOfGone("a"), world.B.Create("a"));
        world.Time.Advance(TimeSpan.FromDays(31));
        Assert.Equal(1, (await RunAsync(world)).Tombstones);

        // The log still believes in its claim and in the tombstone.
        var gone = Assert.Single(await world.DoneAsync(world.A, late));
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.EntityGone), (gone.Kind, gone.Reason));
        Assert.Equal(OutcomeKind.Applied, Assert.Single(await world.DoneAsync(world.B, anew)).Kind);
        Assert.False((await world.RowAsync("a"))!.Deleted);
    }

    private static Task<PurgeReport> RunAsync(World world) =>
        new PurgePass(world.Store, new RetentionOptions(), world.Time, NullLogger.Instance).RunAsync(default);

    private static async Task FillAsync(InMemoryStore store, ScopeId scope, int tombstones)
    {
        var claim = await store.ClaimAsync(scope, default);
        var stamp = new Stamp(1, new TestDevice(1).Id);
        await store.CommitAsync(
            new ScopeCommit
            {
                Scope = scope,
                Epoch = claim.State.Epoch,
                Head = 0,
                CommitId = Guid.NewGuid(),
                Clock = 1,
                Rows = [.. Enumerable.Range(0, tombstones).Select(i => new RowChange(
                    new EntityRow
                    {
                        Key = new EntityKey("tasks", $"n{i}"),
                        Sequence = 1,
                        Generation = 1,
                        Deleted = true,
                        DeletedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(),
                        LastEdit = stamp,
                        LastDelete = stamp,
                        Birth = 1,
                        Births = [1],
                        Fields = [],
                    },
                    Expected: 0))],
            },
            default);
    }

    [Fact]
    public async Task R22_What_nobody_decides_waits_for_90_days_and_then_what_stands_stays()
    {
        var schema = new SyncSchema([new EntitySchema("tasks") { Policy = ConflictPolicy.Manual }]);
        var world = await World.CreateAsync(schema: schema);
        await world.DoneAsync(world.A, world.A.Create("one"));
        await world.DoneAsync(world.A, world.A.Set("one", "title", "\"of a\"") with { Base = 1 });
        var lost = world.B.Set("one", "title", "\"of b\"") with { Base = 1 };
        await world.DoneAsync(world.B, lost);
        world.Time.Advance(TimeSpan.FromDays(89));
        await world.DoneAsync(world.C, world.C.Set("one", "title", "\"of c\"") with { Base = 1 });

        Assert.Equal(0, (await ExpireAsync(world, schema)).Conflicts);
        world.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, (await ExpireAsync(world, schema)).Conflicts);
        Assert.Equal(world.C.Id, Assert.Single(await world.ParkedAsync()).Device);
        await AssertGivenUpAsync(world, lost);
        Assert.Equal("\"of a\"", await world.TextAsync("one", "title"));

        // It waits no more, so what b writes now, having seen what stands, is taken; and nothing expires twice.
        Assert.Equal(OutcomeKind.Applied, Assert.Single(await world.DoneAsync(world.B, world.B.Set("one", "note", "1") with { Base = 2 })).Kind);
        Assert.Equal(0, (await ExpireAsync(world, schema)).Conflicts);
    }

    /// <summary>It is kept whole, by the commit that took it out of the inbox, and can be replayed.</summary>
    private static async Task AssertGivenUpAsync(World world, Operation lost)
    {
        var letter = Assert.Single(await world.Store.ListDeadLettersAsync(new() { Scope = world.Scope }, default));
        Assert.Equal(OperationEncoding.Encode(lost with { Base = 0, Seen = 0 }), OperationEncoding.Encode(letter.Operation));
        Assert.Equal(RejectionReason.Conflict, letter.Reason);
        Assert.Contains("90.00:00:00", letter.Message);
        var taken = Assert.Single(await world.Store.LoadAsync(world.Scope, [ParkedOperation.KeyOf(lost.Id)], default));
        Assert.Equal((taken!.Sequence, taken.DeletedAt), (letter.Sequence, letter.RecordedAt));
    }

    private static Task<PurgeReport> ExpireAsync(World world, SyncSchema schema)
    {
        var settings = new GrainSettings { Schema = schema, ChangeLog = new(), Time = world.Time };
        var expiry = new ConflictExpiry(world.Store, settings, (_, write) => world.Log.WriteAsync(write), NullLogger.Instance);
        return new PurgePass(world.Store, settings.Retention, world.Time, NullLogger.Instance, expiry).RunAsync(default);
    }
}
