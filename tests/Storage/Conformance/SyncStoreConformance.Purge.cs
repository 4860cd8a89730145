using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    private static readonly long Always = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    [Fact]
    public async Task I8_Tombstones_deleted_before_a_moment_go_and_the_horizon_rises_to_the_last_of_them()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"), owner.Put("b"), owner.Put("c"), owner.Put("live"));
        await owner.CommitAsync(owner.Put("a", deleted: true));
        await owner.CommitAsync(owner.Put("b", deleted: true));
        await owner.CommitAsync(owner.Put("c", deleted: true));
        await owner.CommitAsync(owner.Put("live", "2"));

        // Rows of this suite say that they were deleted at the time of their sequence.
        var result = await Store.PurgeAsync(Tombstones(before: 1_700_000_000_004), default);

        Assert.Equal(new PurgeResult(2, 0, 1), result);
        var page = await PageAsync(FromStart() with { SkipTombstonesThrough = 0 });
        Assert.Equal(["c", "live"], page.Rows.Select(row => row.Key.Id));
        Assert.Equal((3, 5), (page.State.Horizon, page.State.Head));
        Assert.Empty(await Store.LoadAsync(Scope, [new EntityKey("notes", "a")], default));
    }

    [Fact]
    public async Task I8_A_purge_takes_the_oldest_tombstones_and_at_most_so_many()
    {
        var owner = await OwnerAsync();
        foreach (var id in new[] { "a", "b", "c", "d", "e" }) await owner.CommitAsync(owner.Put(id, deleted: true));

        Assert.Equal(new PurgeResult(2, 0, 3), await Store.PurgeAsync(Tombstones(Always) with { MaxRows = 2 }, default));
        Assert.Equal(2, (await Store.ReadScopeAsync(Scope, default))!.Horizon);
        Assert.Equal(new PurgeResult(2, 0, 1), await Store.PurgeAsync(Tombstones(Always) with { MaxRows = 2 }, default));
        Assert.Equal(new PurgeResult(1, 0, 0), await Store.PurgeAsync(Tombstones(Always) with { MaxRows = 2 }, default));
        Assert.Equal(5, (await Store.ReadScopeAsync(Scope, default))!.Horizon);
    }

    [Fact]
    public async Task I7_A_round_that_was_merged_with_what_a_purge_removes_is_refused()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a", deleted: true));
        var round = owner.Round(owner.Put("a", "2"));

        await Store.PurgeAsync(Tombstones(Always), default);

        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(round));
        // The owner that claims anew sees that there is no row, and makes one.
        var next = await OwnerAsync();
        Assert.Equal(owner.Epoch + 2, next.Epoch);
        Assert.Equal(CommitResult.Refused, await next.TryCommitAsync(round with { Epoch = next.Epoch }));
        await next.CommitAsync(next.Put("a", "2"));
    }

    [Fact]
    public async Task A_purge_that_finds_nothing_leaves_the_owner_in_force()
    {
        Assert.Equal(default, await Store.PurgeAsync(Tombstones(Always), default));
        Assert.Null(await Store.ReadScopeAsync(Scope, default));

        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round(owner.Put("a", deleted: true)) with { Operations = [owner.Entry()] });
        Assert.Equal(new PurgeResult(0, 0, 1), await Store.PurgeAsync(Tombstones(before: 0), default));
        await owner.CommitAsync(owner.Put("b"));
    }

    [Fact]
    public async Task I2_The_journal_loses_only_what_its_device_has_the_outcome_of()
    {
        var owner = await OwnerAsync();
        OperationId[] ids = [.. Enumerable.Range(0, 4).Select(_ => Make.OperationId())];
        // Each has the counter of its sequence.
        foreach (var id in ids) await owner.CommitAsync(owner.Round() with { Operations = [owner.Entry(id)] });
        Assert.True(await Store.UpdateSessionAsync(Scope, Owner.Phone, Make.Session(1), Make.Session(2), doneBelow: 3, default));

        Assert.Equal(default, await Store.PurgeAsync(Journal(before: 0), default));
        Assert.Equal(new PurgeResult(0, 2, 0), await Store.PurgeAsync(Journal(Always), default));

        var left = await Store.FindOperationsAsync(Scope, ids, default);
        Assert.Equal(ids[2..].ToHashSet(), left.Select(entry => entry.Operation).ToHashSet());
        Assert.Equal(0, (await Store.ReadScopeAsync(Scope, default))!.Horizon);
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round()));
    }

    [Fact]
    public async Task The_journal_of_a_revoked_device_goes_and_at_most_so_many_entries_at_once()
    {
        var owner = await OwnerAsync();
        OperationId[] ids = [.. Enumerable.Range(0, 3).Select(_ => Make.OperationId())];
        foreach (var id in ids) await owner.CommitAsync(owner.Round() with { Operations = [owner.Entry(id)] });
        await Store.RevokeDeviceAsync(Scope, Owner.Phone, default);

        Assert.Equal(2, (await Store.PurgeAsync(Journal(Always) with { MaxRows = 2 }, default)).Operations);
        Assert.Equal(ids[2..], (await Store.FindOperationsAsync(Scope, ids, default)).Select(entry => entry.Operation));
        Assert.Equal(1, (await Store.PurgeAsync(Journal(Always) with { MaxRows = 2 }, default)).Operations);
    }

    [Fact]
    public async Task The_journal_of_server_code_goes_by_its_age_alone()
    {
        await Store.RegisterDeviceAsync(Scope, DeviceId.Backend, Make.Session(2), 1, default);
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round() with { Operations = [owner.Entry(), owner.Entry(device: DeviceId.Backend)] });

        Assert.Equal(0, (await Store.PurgeAsync(Journal(before: 0), default)).Operations);
        Assert.Equal(1, (await Store.PurgeAsync(Journal(Always), default)).Operations);
    }

    [Fact]
    public async Task Scopes_are_listed_page_by_page_in_the_order_of_their_names()
    {
        Assert.Empty(await Store.ListScopesAsync(null, 10, default));
        ScopeId[] scopes = [.. new[] { "b", "a", "é", "Z", "a/1" }.Select(ScopeId.ForUser)];
        foreach (var scope in scopes) await Store.ClaimAsync(scope, default);

        var first = await Store.ListScopesAsync(null, 3, default);
        Assert.Equal(new[] { "Z", "a", "a/1" }.Select(ScopeId.ForUser), first);
        Assert.Equal(new[] { "b", "é" }.Select(ScopeId.ForUser), await Store.ListScopesAsync(first[^1], 3, default));
    }

    private static PurgeRequest Tombstones(long before) => new() { Scope = Scope, DeletedBefore = before, JournaledBefore = 0 };

    private static PurgeRequest Journal(long before) => new() { Scope = Scope, DeletedBefore = 0, JournaledBefore = before };
}
