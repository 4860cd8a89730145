using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Resolving;
using OrleansSync.Grains.Entities;
using OrleansSync.Grains.Tests.Support;

namespace OrleansSync.Grains.Tests.Entities;

public sealed class EntityStateTests : IRowSource
{
    private readonly TestDevice _device = new(1);
    private readonly EntityState _entity;
    private EntityRow? _stored;
    private Exception? _fault;
    private int _loads;

    public EntityStateTests() =>
        _entity = new(new(ScopeId.ForUser("ada"), new("tasks", "one")), EntitySchema.Undeclared("tasks"), Limits.Default, this, Resolvers.None);

    public Task<EntityRow?> LoadAsync(ScopeId scope, EntityKey key)
    {
        _loads++;
        return _fault is null ? Task.FromResult(_stored) : Task.FromException<EntityRow?>(_fault);
    }

    [Fact]
    public async Task A_staged_row_is_promoted_by_the_next_commit()
    {
        await CallAsync(1, 1, 1, _device.Create("one"));
        var reply = await CallAsync(1, 4, 1, _device.Increment("one", "minutes", 3));

        Assert.Equal((true, 1L, 4L), (reply.InOrder, reply.Expected, reply.Row!.Sequence));
        Assert.Equal(["minutes", "title"], reply.Row.Fields.Select(field => field.Name));
        Assert.Equal(1, _loads);
    }

    [Fact]
    public async Task A_staged_row_of_an_abandoned_attempt_is_dropped()
    {
        await CallAsync(1, 1, 1, _device.Create("one"));
        await CallAsync(1, 2, 1, _device.Increment("one", "minutes", 3));
        var reply = await CallAsync(1, 5, 1, [new(2, 1)], _device.Increment("one", "minutes", 4));

        Assert.Equal(1, reply.Expected);
        Assert.Equal(4, Assert.Single(reply.Row!.Fields.OfType<CounterField>()).Value);
    }

    [Fact]
    public async Task A_later_attempt_of_the_same_commit_starts_from_the_committed_row()
    {
        await CallAsync(1, 1, 1, _device.Create("one"));
        await CallAsync(1, 2, 1, _device.Increment("one", "minutes", 3));
        var again = await CallAsync(1, 2, 2, _device.Increment("one", "minutes", 4));

        Assert.Equal(1, again.Expected);
        Assert.Equal(4, Assert.Single(again.Row!.Fields.OfType<CounterField>()).Value);
    }

    [Fact]
    public async Task A_call_without_operations_drops_what_was_staged()
    {
        await CallAsync(1, 1, 1, _device.Create("one"));
        await CallAsync(1, 2, 1, _device.Increment("one", "minutes", 3));
        var empty = await CallAsync(1, 2, 2);
        var next = await CallAsync(1, 3, 1, _device.Increment("one", "minutes", 4));

        Assert.Equal((true, 1L, null, (UInt128)0, 0), (empty.InOrder, empty.Expected, empty.Row, empty.DigestDelta, empty.RowsDelta));
        Assert.Equal(1, next.Expected);
        Assert.Equal(4, Assert.Single(next.Row!.Fields.OfType<CounterField>()).Value);
    }

    [Theory]
    [InlineData(1, 9, 9)]
    [InlineData(2, 4, 9)]
    [InlineData(2, 5, 1)]
    public async Task A_call_older_than_the_last_is_refused_and_changes_nothing(long epoch, long sequence, int attempt)
    {
        await CallAsync(2, 1, 1, _device.Create("one"));
        await CallAsync(2, 5, 2, _device.Increment("one", "minutes", 3));
        var late = await CallAsync(epoch, sequence, attempt, _device.Increment("one", "minutes", 100));
        var next = await CallAsync(2, 6, 1, _device.Increment("one", "minutes", 4));

        Assert.False(late.InOrder);
        Assert.Null(late.Row);
        Assert.Equal(7, Assert.Single(next.Row!.Fields.OfType<CounterField>()).Value);
    }

    [Fact]
    public async Task A_higher_epoch_makes_it_reload()
    {
        var created = await CallAsync(1, 1, 1, _device.Create("one"));
        await CallAsync(1, 2, 1, _device.Increment("one", "minutes", 3));
        _stored = created.Row;
        var reply = await CallAsync(2, 2, 1, _device.Increment("one", "minutes", 4));

        Assert.Equal(2, _loads);
        Assert.Equal((true, 1L), (reply.InOrder, reply.Expected));
        Assert.Equal(4, Assert.Single(reply.Row!.Fields.OfType<CounterField>()).Value);
    }

    [Fact]
    public async Task A_row_of_a_later_commit_tells_the_caller_that_it_is_stale()
    {
        _stored = (await CallAsync(1, 7, 1, _device.Create("one"))).Row;
        var reply = await CallAsync(2, 7, 1, _device.Increment("one", "minutes", 4));
        Assert.False(reply.InOrder);
    }

    [Fact]
    public async Task What_was_committed_without_it_makes_it_load_its_row_again()
    {
        await CallAsync(1, 1, 1, _device.Create("one"));
        // The commits 2 to 4 merged the entity elsewhere.
        _stored = (await new EntityState(new(ScopeId.ForUser("ada"), new("tasks", "one")), EntitySchema.Undeclared("tasks"), Limits.Default, this, Resolvers.None)
            .MergeAsync(new(1, 4, 1, [], [_device.Create("one")], 0, CalledSince: 4))).Row;
        var reply = await _entity.MergeAsync(new(1, 5, 1, [], [_device.Increment("one", "minutes", 1)], 0, CalledSince: 5));
        Assert.Equal((true, 4L), (reply.InOrder, reply.Expected));
        var next = await _entity.MergeAsync(new(1, 6, 1, [], [_device.Increment("one", "minutes", 1)], 0, CalledSince: 5));
        Assert.Equal((true, 5L), (next.InOrder, next.Expected));
    }

    [Fact]
    public async Task A_load_that_fails_leaves_it_as_it_was()
    {
        await CallAsync(1, 1, 1, _device.Create("one"));
        _fault = new TimeoutException("as told");
        await Assert.ThrowsAsync<TimeoutException>(() => CallAsync(2, 2, 1, _device.Increment("one", "minutes", 4)));
        var reply = await CallAsync(1, 2, 1, _device.Increment("one", "minutes", 3));

        Assert.Equal((true, 1L), (reply.InOrder, reply.Expected));
    }

    [Fact]
    public async Task Refused_operations_leave_no_trace()
    {
        var reply = await CallAsync(1, 1, 1, _device.UpdateOfGone("one"));
        Assert.Equal(new MergedOperation(OutcomeKind.Rejected, RejectionReason.EntityGone, false), Assert.Single(reply.Operations));
        Assert.Equal((true, null, (UInt128)0), (reply.InOrder, reply.Row, reply.DigestDelta));
    }

    [Fact]
    public async Task It_tells_what_the_type_s_digest_gains()
    {
        var created = await CallAsync(1, 1, 1, _device.Create("one"));
        var deleted = await CallAsync(1, 2, 1, _device.Delete("one"));

        Assert.Equal((Digest.OfRow(created.Row), 1), (created.DigestDelta, created.RowsDelta));
        Assert.Equal((unchecked(0 - Digest.OfRow(created.Row)), -1), (deleted.DigestDelta, deleted.RowsDelta));
    }

    private Task<MergeReply> CallAsync(long epoch, long sequence, int attempt, params Operation[] operations) =>
        CallAsync(epoch, sequence, attempt, [], operations);

    private Task<MergeReply> CallAsync(
        long epoch, long sequence, int attempt, ImmutableArray<Attempt> abandoned, params Operation[] operations) =>
        _entity.MergeAsync(new(epoch, sequence, attempt, abandoned, [.. operations], 0, CalledSince: 0));
}
