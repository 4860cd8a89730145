using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class ConcurrencyLabelTests
{
    private readonly Ledger _ledger = new(Plain);

    public ConcurrencyLabelTests() => _ledger.Commit(Create(A, 1, Set("a", "1")));

    [Fact]
    public void A_change_on_the_newest_row_is_not_concurrent() =>
        Assert.False(_ledger.Commit(Update(B, 2, Set("b", "2")).Knowing(1)).Concurrent);

    [Fact]
    public void A_change_behind_another_devices_is_concurrent()
    {
        _ledger.Commit(Update(B, 2, Set("b", "2")).Knowing(1));

        Assert.True(_ledger.Commit(Update(A, 2, Set("a", "2")).Knowing(1)).Concurrent);
    }

    [Fact]
    public void A_devices_own_earlier_changes_are_no_conflict()
    {
        _ledger.Commit(Update(B, 2, Set("b", "2")).Knowing(1));

        Assert.False(_ledger.Commit(Update(B, 3, Set("b", "3")).Knowing(1)).Concurrent);
    }

    [Fact]
    public void Another_devices_change_is_found_behind_own_ones()
    {
        _ledger.Commit(Update(C, 2, Set("c", "2")).Knowing(1));
        _ledger.Commit(Update(B, 2, Set("b", "2")).Knowing(1));

        Assert.True(_ledger.Commit(Update(B, 3, Set("b", "3")).Knowing(1)).Concurrent);
    }

    [Fact]
    public void A_blind_create_beside_another_is_concurrent() =>
        Assert.True(_ledger.Commit(Create(B, 2)).Concurrent);

    [Fact]
    public void A_blind_create_past_a_tombstone_that_the_bootstrap_skipped_is_not_concurrent()
    {
        _ledger.Commit(Delete(A, 2).Knowing(1));

        Assert.False(_ledger.Commit(Create(B, 3).Blind(seen: 2)).Concurrent);
    }

    [Fact]
    public void A_delete_is_a_change()
    {
        _ledger.Commit(Delete(B, 2).Knowing(1));

        Assert.True(_ledger.Commit(Update(A, 2, Set("a", "2")).Knowing(1)).Concurrent);
    }
}
