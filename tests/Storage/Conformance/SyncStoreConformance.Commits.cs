using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task A_round_commits_rows_journal_counters_clock_and_head_together()
    {
        var owner = await OwnerAsync();
        var entry = owner.Entry(outcome: OutcomeKind.Merged);
        var commit = owner.Round(owner.Put("a"), owner.Put("b", deleted: true)) with { Operations = [entry], Clock = 9 };

        Assert.Equal(1, await owner.CommitAsync(commit));

        Assert.Equal([entry], await Store.FindOperationsAsync(Scope, [entry.Operation], default));
        var page = await PageAsync(FromStart() with { Device = Owner.Phone });
        Assert.Equal(commit.Rows.Select(change => change.Row), page.Rows, RowComparer.Instance);
        Assert.Equal([new Outcome(entry.Operation, OutcomeKind.Merged, 1)], page.Outcomes.ToArray());
        Assert.Equal(new ScopeState(1, 1, commit.CommitId, 9, owner.Claimed.State.Lineage, 0), page.State);
        Assert.Equal(1, Assert.Single(await Store.ListDevicesAsync(Scope, default)).Counter);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_commit_that_builds_on_another_head_is_refused_and_changes_nothing(int off)
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"));
        var impostor = await OwnerAsync();
        owner.Epoch = impostor.Epoch = impostor.Claimed.State.Epoch;
        impostor.Head += off;

        var result = await impostor.TryCommitAsync(impostor.Round(impostor.Put("b")));

        Assert.Equal(CommitResult.Refused, result);
        await AssertUnchangedAsync(owner, Make.Row(new EntityKey("notes", "a"), 1, "1"));
    }

    [Fact]
    public async Task I2_A_round_that_is_sent_again_is_refused()
    {
        var owner = await OwnerAsync();
        var round = owner.Round(owner.Put("a"));
        await owner.CommitAsync(round);

        Assert.Equal(CommitResult.Refused, await Store.CommitAsync(round, default));
        Assert.Equal(CommitResult.Refused, await Store.CommitAsync(Rebase(round, owner.Head), default));
        await AssertUnchangedAsync(owner, round.Rows[0].Row);
    }

    [Theory]
    [InlineData(0)] // there is a row
    [InlineData(1)] // there was that version
    [InlineData(3)] // there never was
    public async Task A_row_whose_stored_sequence_is_not_the_expected_one_refuses_the_whole_round(long expected)
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a", "1"));
        await owner.CommitAsync(owner.Put("a", "2"), owner.Put("z"));
        var before = (await PageAsync(FromStart())).Rows;

        var round = owner.Round(owner.Put("b"), owner.Put("z", "2"), owner.Put("a", "3") with { Expected = expected });
        var result = await owner.TryCommitAsync(round with { Operations = [owner.Entry()] });

        Assert.Equal(CommitResult.Refused, result);
        await AssertUnchangedAsync(owner, [.. before]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_row_by_itself_whose_stored_sequence_is_not_the_expected_one_is_refused(long expected)
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a", "1"));
        await owner.CommitAsync(owner.Put("a", "2"));

        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round(owner.Put("a", "3") with { Expected = expected })));
        await AssertUnchangedAsync(owner, Make.Row(new EntityKey("notes", "a"), 2, "2"));
        await owner.CommitAsync(owner.Put("a", "3"));
    }

    [Fact]
    public async Task A_row_that_is_expected_but_absent_refuses_the_round()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync();
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round(owner.Put("a") with { Expected = 1 })));
        await AssertUnchangedAsync(owner);
    }

    [Fact]
    public async Task I2_A_journal_key_that_exists_refuses_the_round_and_nothing_of_it_is_visible()
    {
        var owner = await OwnerAsync();
        var first = owner.Entry();
        var before = owner.Round(owner.Put("a")) with { Operations = [first] };
        await owner.CommitAsync(before);

        var round = owner.Round(owner.Put("a", "2"), owner.Put("b")) with
        {
            Operations = [owner.Entry(), owner.Entry(first.Operation, outcome: OutcomeKind.Rejected, reason: RejectionReason.Conflict)],
            Counters = [new DeviceCounter(Owner.Phone, 99)],
            Digests = [new TypeDigest("notes", 1, 1)],
            Clock = 99,
        };
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(round));
        var single = owner.Round(owner.Put("c")) with { Operations = [owner.Entry(first.Operation, entity: "c")], Clock = 99 };
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(single));

        await AssertUnchangedAsync(owner, Make.Row(new EntityKey("notes", "a"), 1, "1"));
        var found = await Store.FindOperationsAsync(Scope, [.. round.Operations.Select(entry => entry.Operation)], default);
        Assert.Equal([first], found);
        var claim = await Store.ClaimAsync(Scope, default);
        Assert.Equal(1, claim.State.Clock);
        Assert.Equal(1, Assert.Single(claim.Devices).Counter);
        Assert.Equal(before.Digests.AsEnumerable(), claim.Digests);
    }

    [Fact]
    public async Task A_round_that_names_an_entity_or_an_operation_twice_is_refused()
    {
        var owner = await OwnerAsync();
        var twice = owner.Entry();
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round() with { Operations = [twice, twice] }));
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round(owner.Put("a"), owner.Put("a", "2"))));
        await AssertUnchangedAsync(owner);
    }

    [Fact]
    public async Task A_round_of_a_device_that_is_not_registered_is_refused()
    {
        var owner = await OwnerAsync();
        var stranger = Make.Device(99);
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round() with { Operations = [owner.Entry(device: stranger)] }));
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round() with { Counters = [new DeviceCounter(stranger, 1)] }));
        await AssertUnchangedAsync(owner);
    }

    [Fact]
    public async Task A_round_of_rejections_only_moves_the_head_and_is_in_the_journal()
    {
        var owner = await OwnerAsync();
        var rejected = owner.Entry(outcome: OutcomeKind.Rejected, reason: RejectionReason.EntityGone);
        Assert.Equal(1, await owner.CommitAsync(owner.Round() with { Operations = [rejected] }));

        var page = await PageAsync(FromStart() with { Device = Owner.Phone });
        Assert.Empty(page.Rows);
        Assert.Equal([new Outcome(rejected.Operation, OutcomeKind.Rejected, 1, RejectionReason.EntityGone)], page.Outcomes.ToArray());
        Assert.Equal((1, true), (page.State.Head, page.Complete));
    }

    [Fact]
    public async Task Counters_and_clock_never_go_down()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round() with { Clock = 50, Counters = [new DeviceCounter(Owner.Phone, 50)] });
        await owner.CommitAsync(owner.Round() with { Clock = 7, Counters = [new DeviceCounter(Owner.Phone, 7)] });
        await owner.CommitAsync(owner.Round(owner.Put("a")) with { Clock = 8, Counters = [new DeviceCounter(Owner.Phone, 8)] });

        var claim = await Store.ClaimAsync(Scope, default);
        Assert.Equal((50, 50), (claim.State.Clock, Assert.Single(claim.Devices).Counter));
    }

    [Fact]
    public async Task A_row_need_not_be_of_the_entity_device_or_type_that_stands_beside_it()
    {
        var owner = await OwnerAsync();
        var tablet = new DeviceId(Guid.CreateVersion7());
        await Store.RegisterDeviceAsync(Scope, tablet, Make.Session(2), 1_000, default);
        var entry = owner.Entry(entity: "b");
        await owner.CommitAsync(owner.Round(owner.Put("a")) with { Operations = [entry] });
        await owner.CommitAsync(owner.Round(owner.Put("c")) with { Digests = [new TypeDigest("tasks", 5, 1)] });
        await owner.CommitAsync(owner.Round(owner.Put("d")) with { Counters = [new DeviceCounter(tablet, 40)] });

        Assert.Equal([entry], await Store.FindOperationsAsync(Scope, [entry.Operation], default));
        Assert.Equal(["a", "c", "d"], (await PageAsync(FromStart())).Rows.Select(static row => row.Key.Id));
        var claim = await Store.ClaimAsync(Scope, default);
        Assert.Contains(new TypeDigest("tasks", 5, 1), claim.Digests);
        Assert.Equal((40, 2), (claim.Devices.Single(device => device.Device == tablet).Counter, claim.Devices.Single(device => device.Device == Owner.Phone).Counter));
    }

    [Fact]
    public async Task A_digest_is_replaced_and_other_types_keep_theirs()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round() with { Digests = [new TypeDigest("a", 1, 1), new TypeDigest("b", 2, 2)] });
        await owner.CommitAsync(owner.Round() with { Digests = [new TypeDigest("b", UInt128.MaxValue - 1, 0)] });

        var digests = (await PageAsync(FromStart())).Digests;
        Assert.Equal([new TypeDigest("a", 1, 1), new TypeDigest("b", UInt128.MaxValue - 1, 0)], digests.ToArray());
    }

    [Fact]
    public async Task I5_A_row_or_operation_of_another_sequence_is_a_fault_of_the_caller()
    {
        var owner = await OwnerAsync();
        var round = owner.Round(owner.Put("a"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.CommitAsync(round with { Operations = [], Head = 5 }, default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.CommitAsync(round with { Rows = [], Head = 5 }, default));
        await AssertUnchangedAsync(owner);
    }

    [Fact]
    public async Task A_text_that_no_store_can_hold_makes_the_round_unstorable_and_nothing_of_it_is_visible()
    {
        var owner = await OwnerAsync();
        foreach (var id in new[] { "\uD800", "a\uDC00b", "a\0b" })
        {
            var row = owner.Round(owner.Put("a"), owner.Put(id));
            Assert.Equal(CommitResult.Unstorable, await owner.TryCommitAsync(row));
            var operation = owner.Round(owner.Put("a")) with { Operations = [owner.Entry(entity: id)] };
            Assert.Equal(CommitResult.Unstorable, await owner.TryCommitAsync(operation));
            await AssertUnchangedAsync(owner);
        }

        await owner.CommitAsync(owner.Put("a"));
    }

    private static ScopeCommit Rebase(ScopeCommit commit, long head) => commit with
    {
        Head = head,
        Rows = [.. commit.Rows.Select(change => new RowChange(change.Row with { Sequence = head + 1 }, change.Row.Sequence))],
        Operations = [.. commit.Operations.Select(entry => entry with { Sequence = head + 1 })],
    };
}
