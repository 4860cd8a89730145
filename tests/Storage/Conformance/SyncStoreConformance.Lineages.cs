using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task R43_A_new_lineage_goes_on_above_all_that_was_given_and_says_what_is_lost()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"));
        await owner.CommitAsync(owner.Put("a", "2"));
        var before = (await Store.ReadScopeAsync(Scope, default))!;

        Assert.Equal(1, await Store.BeginLineagesAsync([Scope, ScopeId.ForUser("nobody")], 5_000, default));

        var state = (await Store.ReadScopeAsync(Scope, default))!;
        Assert.Equal((5_000, new SequenceGap(2, 5_000), before.LastCommit, before.Clock), (state.Head, state.Lost, state.LastCommit, state.Clock));
        Assert.NotEqual(before.Lineage, state.Lineage);
        Assert.True(state.Epoch >= before.Epoch + 1_000_000, $"epoch {state.Epoch}");
        Assert.Equal(new DeviceSession([], []), Assert.Single(await Store.ListDevicesAsync(Scope, default)).Session);
        Assert.Null(await Store.ReadScopeAsync(ScopeId.ForUser("nobody"), default));
        // The owner of before is fenced; the next one goes on above the gap, over the rows that are there.
        Assert.Equal(CommitResult.Refused, await Store.CommitAsync(owner.Round(owner.Put("a", "3")), default));
        var claim = await Store.ClaimAsync(Scope, default);
        Assert.Equal((5_000, state.Lost), (claim.State.Head, claim.State.Lost));
        (owner.Epoch, owner.Head) = (claim.State.Epoch, claim.State.Head);
        await owner.CommitAsync(owner.Put("a", "3"));
        var page = await PageAsync(FromStart());
        Assert.Equal((5_001, 5_001, state.Lost), (page.State.Head, Assert.Single(page.Rows).Sequence, page.State.Lost));
    }

    [Fact]
    public async Task R43_A_lineage_that_soon_follows_another_has_lost_all_since_the_first()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"));
        await Store.BeginLineagesAsync([Scope], 5_000, default);
        await Store.BeginLineagesAsync([Scope], 4_000, default);
        Assert.Equal((5_001, new SequenceGap(1, 5_001)), (await Store.ReadScopeAsync(Scope, default)) is { } state ? (state.Head, state.Lost) : default);

        var claim = await Store.ClaimAsync(Scope, default);
        (owner.Epoch, owner.Head) = (claim.State.Epoch, claim.State.Head);
        await owner.CommitAsync(owner.Put("a", "2"));
        await Store.BeginLineagesAsync([Scope], 9_000, default);
        Assert.Equal(new SequenceGap(1, 9_000), (await Store.ReadScopeAsync(Scope, default))!.Lost);

        claim = await Store.ClaimAsync(Scope, default);
        (owner.Epoch, owner.Head) = (claim.State.Epoch, claim.State.Head);
        await owner.CommitAsync(owner.Put("a", "3"));
        var month = 9_000 + (30L * 24 * 60 * 60 * 1_000_000);
        await Store.BeginLineagesAsync([Scope], month, default);
        Assert.Equal(new SequenceGap(9_001, month), (await Store.ReadScopeAsync(Scope, default))!.Lost);
    }

    [Fact]
    public async Task R43_Scopes_that_are_made_after_a_restore_begin_above_what_was_given_before()
    {
        await OwnerAsync();
        await Store.MarkRestoredAsync(7_000, default);
        await Store.MarkRestoredAsync(7_000, default);
        await Store.MarkRestoredAsync(6_000, default);
        var (claimed, registered) = (ScopeId.ForUser("claimed"), ScopeId.ForUser("registered"));
        await Store.RegisterDeviceAsync(registered, Owner.Phone, Make.Session(1), 1, default);

        Assert.Equal((7_000, new SequenceGap(0, 7_000)), (await Store.ClaimAsync(claimed, default)).State is var made ? (made.Head, made.Lost) : default);
        Assert.Equal(new SequenceGap(0, 7_000), (await Store.ReadScopeAsync(registered, default))!.Lost);
        Assert.Equal((0, default), (await Store.ReadScopeAsync(Scope, default)) is { } old ? (old.Head, old.Lost) : default);
    }
}
