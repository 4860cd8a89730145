using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task R24_Mending_a_digest_replaces_the_types_totals_and_no_others()
    {
        var owner = await OwnerAsync();
        var round = owner.Round(owner.Put("a"));
        await owner.CommitAsync(round with { Digests = [new TypeDigest("notes", 3, 1), new TypeDigest("lists", 5, 1)] });

        Assert.True(await Store.MendDigestAsync(Scope, owner.Head, new TypeDigest("notes", UInt128.MaxValue, 7), default));
        Assert.True(await Store.MendDigestAsync(Scope, owner.Head, new TypeDigest("plans", 1, 2), default));

        var page = await PageAsync(FromStart());
        Assert.Equal(
            [new TypeDigest("lists", 5, 1), new TypeDigest("notes", UInt128.MaxValue, 7), new TypeDigest("plans", 1, 2)],
            page.Digests.ToArray());
        Assert.Equal(owner.Head, page.State.Head);
    }

    [Fact]
    public async Task I7_R24_An_owner_that_has_the_old_totals_in_memory_commits_nothing_before_it_has_claimed_anew()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round(owner.Put("a")) with { Digests = [new TypeDigest("notes", 3, 1)] });
        Assert.True(await Store.MendDigestAsync(Scope, owner.Head, new TypeDigest("notes", 4, 1), default));

        var round = owner.Round(owner.Put("b")) with { Digests = [new TypeDigest("notes", 9, 2)] };
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(round));

        var claim = await Store.ClaimAsync(Scope, default);
        Assert.Equal(owner.Epoch + 2, claim.State.Epoch);
        Assert.Equal(new TypeDigest("notes", 4, 1), Assert.Single(claim.Digests));
    }

    [Fact]
    public async Task R24_Totals_of_another_head_are_not_taken()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round(owner.Put("a")) with { Digests = [new TypeDigest("notes", 3, 1)] });

        Assert.False(await Store.MendDigestAsync(Scope, owner.Head - 1, new TypeDigest("notes", 4, 1), default));
        Assert.False(await Store.MendDigestAsync(ScopeId.ForUser("nobody"), 0, new TypeDigest("notes", 4, 1), default));

        var page = await PageAsync(FromStart());
        Assert.Equal(new TypeDigest("notes", 3, 1), Assert.Single(page.Digests));
        Assert.Equal(owner.Epoch, page.State.Epoch);
    }
}
