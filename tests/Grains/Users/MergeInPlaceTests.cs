using OrleansSync.Core;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>Entities that are seldom written are merged without their grains.</summary>
public sealed class MergeInPlaceTests
{
    private static readonly ChangeLogOptions InPlaceFirst = new() { TouchesBeforeGrain = 1 };

    [Fact]
    public async Task An_entity_that_is_written_once_has_no_grain()
    {
        var world = await WorldAsync(InPlaceFirst);
        await world.DoneAsync(world.A, world.A.Create("one"), world.A.Create("two"));
        Assert.Empty(world.Merger.Calls);
        Assert.Equal(1, (await world.RowAsync("one"))!.Sequence);
    }

    [Fact]
    public async Task One_that_is_written_again_soon_is_merged_by_its_grain_from_then_on()
    {
        var world = await WorldAsync(InPlaceFirst);
        await world.DoneAsync(world.A, world.A.Create("one"));
        for (var i = 0; i < 3; i++) await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 5));
        Assert.Equal([2, 3, 4], world.Merger.Calls.Select(static call => call.Request.Sequence));
        Assert.All(world.Merger.Calls, static call => Assert.Equal(2, call.Request.CalledSince));
        Assert.Equal(15, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task The_same_round_again_is_no_second_touch()
    {
        var world = await WorldAsync(InPlaceFirst);
        world.Store.NextCommits(CommitFault.Unavailable);
        await world.DoneAsync(world.A, world.A.Create("one"));
        Assert.Empty(world.Merger.Calls);
    }

    [Fact]
    public async Task What_is_not_touched_for_long_is_forgotten_and_its_grain_reads_its_row_again()
    {
        var world = await WorldAsync(InPlaceFirst with { RecentEntities = 2 });
        await world.DoneAsync(world.A, world.A.Create("one"));
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 1));
        // Two others take the places of those in use.
        foreach (var other in new[] { "two", "three" })
        {
            await world.DoneAsync(world.A, world.A.Create(other));
            await world.DoneAsync(world.A, world.A.Increment(other, "minutes", 1));
        }

        var before = world.Merger.Calls.Count;
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 10));
        Assert.Equal(before, world.Merger.Calls.Count);
        await world.DoneAsync(world.A, world.A.Increment("one", "minutes", 100));
        Assert.Equal(8, world.Merger.Calls.Last().Request.CalledSince);
        Assert.Equal(111, await world.CounterAsync("one", "minutes"));
        // Had the grain gone on from what it held, this commit would have been refused, and claimed anew.
        Assert.Equal(1, (await world.StateAsync()).Epoch);
    }

    [Fact]
    public async Task A_row_that_another_owner_committed_meanwhile_sends_the_owner_back_to_its_claim()
    {
        var world = await WorldAsync(InPlaceFirst);
        await world.DoneAsync(world.A, world.A.Create("one"));
        var other = world.NewLog(options: InPlaceFirst);
        await other.PushAsync(world.B.Batch(world.B.Increment("one", "minutes", 1)));
        await world.DoneAsync(world.A, world.A.Create("two"), world.A.Increment("one", "minutes", 10));
        Assert.Equal(11, await world.CounterAsync("one", "minutes"));
        Assert.Equal(3, world.Store.Claims);
    }

    [Fact]
    public async Task What_is_created_is_not_looked_for()
    {
        var world = await WorldAsync(InPlaceFirst);
        await world.DoneAsync(world.A, world.A.Create("one"), world.A.Increment("one", "minutes", 1), world.A.Create("two"));
        Assert.Equal(0, world.Store.Loads);
        Assert.Equal(1, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task Two_devices_that_create_one_entity_blindly_have_it_merged()
    {
        var world = await WorldAsync(InPlaceFirst with { RecentEntities = 1 });
        await world.DoneAsync(world.A, world.A.Create("one"), world.A.Increment("one", "minutes", 1));
        await world.DoneAsync(world.A, world.A.Create("other"));
        var outcomes = await world.DoneAsync(world.B, world.B.Create("one"), world.B.Increment("one", "minutes", 10), world.B.Create("two"));
        Assert.Equal([OutcomeKind.Merged, OutcomeKind.Merged, OutcomeKind.Applied], outcomes.Select(static outcome => outcome.Kind));
        Assert.Equal((2, 1), (world.Store.Claims, world.Store.Loads));
        // From now on it looks.
        await world.DoneAsync(world.B, world.B.Create("three"));
        Assert.Equal((2, 2), (world.Store.Claims, world.Store.Loads));
        Assert.Equal(11, await world.CounterAsync("one", "minutes"));
    }

    [Fact]
    public async Task What_is_refused_is_refused_by_the_row_that_is_there()
    {
        var limits = Limits.Default with { DocumentBytes = 64 };
        var world = await World.CreateAsync(limits, options: InPlaceFirst);
        var outcome = (await world.DoneAsync(world.A, world.A.Create("one", value: $"\"{new string('x', 100)}\""))).Single();
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.DocumentTooLarge), (outcome.Kind, outcome.Reason));
        Assert.Equal(1, world.Store.Loads);
    }

    private static Task<World> WorldAsync(ChangeLogOptions options) => World.CreateAsync(options: options);
}
