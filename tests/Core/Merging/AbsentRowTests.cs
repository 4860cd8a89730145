using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class AbsentRowTests
{
    private readonly Ledger _ledger = new(Plain);

    [Fact]
    public void An_update_of_an_entity_that_was_known_and_is_absent_is_refused_as_gone()
    {
        var result = _ledger.Commit(Update(A, 9, Set("a", "1")).Knowing(5));

        Assert.Equal((null, OutcomeKind.Rejected, RejectionReason.EntityGone), (result.Row, result.Kind, result.Reason));
    }

    [Fact]
    public void An_update_of_an_entity_that_never_was_misses_its_create()
    {
        var result = _ledger.Commit(Update(A, 9, Set("a", "1")));

        Assert.Equal((null, OutcomeKind.Rejected, RejectionReason.PredecessorRejected), (result.Row, result.Kind, result.Reason));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_delete_of_an_absent_entity_is_superseded(long known)
    {
        var result = _ledger.Commit(Delete(A, 9).Knowing(known));

        Assert.Equal((null, OutcomeKind.Superseded, RejectionReason.None), (result.Row, result.Kind, result.Reason));
    }

    [Fact]
    public void An_operation_on_a_row_that_was_purged_and_made_anew_is_refused_as_gone()
    {
        _ledger.SkipTo(10);
        _ledger.Commit(Create(A, 9, Set("a", "1")));
        var before = _ledger.Row;
        var result = _ledger.Commit(Update(B, 99, Set("a", "2")).Knowing(9));

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.EntityGone), (result.Kind, result.Reason));
        Assert.Same(before, result.Row);
    }

    [Fact]
    public void A_base_that_is_the_birth_itself_is_known()
    {
        _ledger.SkipTo(10);
        _ledger.Commit(Create(A, 9, Set("a", "1")));

        Assert.Equal(OutcomeKind.Applied, _ledger.Commit(Update(B, 99, Set("a", "2")).Knowing(10)).Kind);
    }

    [Fact]
    public void A_create_over_a_tombstone_that_was_purged_meanwhile_is_accepted_with_what_follows_it()
    {
        _ledger.SkipTo(10);
        _ledger.Commit(Create(B, 20, Set("a", "1")).Knowing(7, generation: 2));
        var result = _ledger.Commit(Update(B, 21, Set("a", "2")).Knowing(7, generation: 2));

        Assert.Equal((OutcomeKind.Applied, "2"), (result.Kind, _ledger.Json("a")));
        Assert.Equal(RejectionReason.EntityGone, _ledger.Commit(Update(C, 99, Set("a", "3")).Knowing(6)).Reason);
    }

    [Fact]
    public void I8_an_update_never_brings_a_purged_entity_back()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Delete(A, 2).Knowing(1));
        _ledger.Purge();

        Assert.Null(_ledger.Commit(Update(B, 99, Set("a", "2")).Knowing(1)).Row);
        Assert.Null(_ledger.Commit(Delete(C, 99).Knowing(1)).Row);
    }
}
