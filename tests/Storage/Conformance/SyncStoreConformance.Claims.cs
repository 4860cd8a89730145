using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task A_scope_does_not_exist_before_its_first_claim_or_device()
    {
        Assert.Null(await Store.ReadScopeAsync(Scope, default));
        Assert.Null(await Store.ReadChangesAsync(FromStart(), default));
        Assert.Empty(await Store.ListDevicesAsync(Scope, default));
        Assert.Empty(await Store.LoadAsync(Scope, [new EntityKey("notes", "a")], default));
        Assert.Empty(await Store.FindOperationsAsync(Scope, [Make.OperationId()], default));
    }

    [Fact]
    public async Task A_first_claim_makes_the_scope_with_epoch_one_and_a_lineage()
    {
        var claim = await Store.ClaimAsync(Scope, default);

        Assert.Equal(new ScopeState(1, 0, Guid.Empty, 0, claim.State.Lineage, 0), claim.State);
        Assert.NotEqual(Guid.Empty, claim.State.Lineage);
        Assert.Empty(claim.Devices);
        Assert.Empty(claim.Digests);
        Assert.Equal(claim.State, await Store.ReadScopeAsync(Scope, default));
    }

    [Fact]
    public async Task Every_claim_raises_the_epoch_and_answers_devices_digests_and_the_last_commit()
    {
        var owner = await OwnerAsync();
        var commit = owner.Round(owner.Put("a")) with
        {
            Clock = 42,
            Counters = [new DeviceCounter(Owner.Phone, 41)],
            Digests = [new TypeDigest("notes", UInt128.MaxValue, 3), new TypeDigest("lists", 5, 1)],
        };
        await owner.CommitAsync(commit);

        var claim = await Store.ClaimAsync(Scope, default);

        Assert.Equal(new ScopeState(owner.Epoch + 1, 1, commit.CommitId, 42, owner.Claimed.State.Lineage, 0), claim.State);
        Assert.Equal(new DeviceRecord(Owner.Phone, 1, 41, 0, Make.Session(1), 1_000, Revoked: false), Assert.Single(claim.Devices));
        Assert.Equal([new TypeDigest("lists", 5, 1), new TypeDigest("notes", UInt128.MaxValue, 3)], claim.Digests.ToArray());
    }

    [Fact]
    public async Task I7_A_commit_of_an_earlier_epoch_is_refused_and_changes_nothing()
    {
        var stale = await OwnerAsync();
        await stale.CommitAsync(stale.Put("a"));
        await Store.ClaimAsync(Scope, default);

        var result = await stale.TryCommitAsync(stale.Round(stale.Put("a", "2"), stale.Put("b")) with { Operations = [stale.Entry()] });

        Assert.Equal(CommitResult.Refused, result);
        await AssertUnchangedAsync(stale, Make.Row(new EntityKey("notes", "a"), 1, "1"));
    }

    [Fact]
    public async Task A_commit_of_an_epoch_that_nobody_claimed_is_refused()
    {
        var owner = await OwnerAsync();
        Assert.Equal(CommitResult.Refused, await Store.CommitAsync(owner.Round(owner.Put("a")) with { Epoch = owner.Epoch + 1 }, default));
        await AssertUnchangedAsync(owner);
    }

    [Fact]
    public async Task A_commit_to_a_scope_that_does_not_exist_is_refused()
    {
        var owner = await OwnerAsync();
        Assert.Equal(CommitResult.Refused, await Store.CommitAsync(owner.Round() with { Scope = ScopeId.ForUser("nobody") }, default));
        Assert.Null(await Store.ReadScopeAsync(ScopeId.ForUser("nobody"), default));
    }

    [Fact]
    public async Task Scopes_do_not_see_each_other()
    {
        var ada = await OwnerAsync();
        var eve = await OwnerAsync(ScopeId.ForUser("eve"));
        var shared = Make.OperationId();
        await ada.CommitAsync(ada.Round(ada.Put("a", "\"ada\"")) with { Operations = [ada.Entry(shared)] });
        await eve.CommitAsync(eve.Round(eve.Put("a", "\"eve\"")) with { Operations = [eve.Entry(shared)] });

        Assert.Equal("\"ada\"", Make.ValueOf(Assert.Single((await PageAsync(FromStart(ada.Scope))).Rows)));
        Assert.Equal("\"eve\"", Make.ValueOf(Assert.Single((await PageAsync(FromStart(eve.Scope))).Rows)));
        Assert.NotEqual(ada.Claimed.State.Lineage, eve.Claimed.State.Lineage);
    }

    [Fact]
    public async Task I9_A_scope_whose_name_has_no_storable_text_is_never_made()
    {
        foreach (var name in new[] { "", "user/\0", "user/\uD800" })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ClaimAsync(new ScopeId(name), default));
            await Assert.ThrowsAnyAsync<ArgumentException>(
                () => Store.RegisterDeviceAsync(new ScopeId(name), Owner.Phone, Make.Session(1), 1, default));
        }
    }

    [Fact]
    public async Task A_call_that_is_cancelled_before_it_begins_does_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);
        var owner = await OwnerAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ClaimAsync(Scope, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CommitAsync(owner.Round(owner.Put("a")), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.RevokeDeviceAsync(Scope, Owner.Phone, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReadChangesAsync(FromStart(), cancelled));

        Assert.Equal(owner.Claimed.State, await Store.ReadScopeAsync(Scope, default));
    }
}
