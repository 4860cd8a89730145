using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

/// <summary>Operations over rows that a restored server has lost: what was committed after 40, up to 1,000, is gone.</summary>
public sealed class LostRowTests
{
    private readonly Ledger _ledger = new(Mixed) { Lost = new SequenceGap(40, 1_000) };

    public LostRowTests() => _ledger.SkipTo(1_001);

    [Fact]
    public void R43_An_edit_of_a_lost_row_and_the_create_that_made_it_merge_in_either_order()
    {
        var (create, edit) = (Create(A, 5, Set("title", "\"made\""), Set("note", "1"), Add("n", 2)), Update(B, 6, Set("title", "\"edited\""), Add("n", 3)).Knowing(50));
        Assert.Equal(OutcomeKind.Applied, _ledger.Commit(edit).Kind);
        Assert.Equal(OutcomeKind.Merged, _ledger.Commit(create.Blind(45)).Kind);
        Assert.Equal(("\"edited\"", "1", 5), (_ledger.Json("title"), _ledger.Json("note"), _ledger.Count("n")));

        var other = new Ledger(Mixed) { Lost = _ledger.Lost };
        other.SkipTo(1_001);
        other.Commit(create.Blind(45));
        Assert.Equal(OutcomeKind.Merged, other.Commit(edit).Kind);
        Assert.Equal(_ledger.Live.Fields.Select(static field => $"{field}"), other.Live.Fields.Select(static field => $"{field}"));
        Assert.Equal(_ledger.Live.Generation, other.Live.Generation);
    }

    [Fact]
    public void R43_A_delete_of_a_lost_row_holds_against_the_create_that_comes_after_it()
    {
        Assert.Equal(OutcomeKind.Applied, _ledger.Commit(Delete(B, 6).Knowing(50)).Kind);
        Assert.Equal(OutcomeKind.Superseded, _ledger.Commit(Create(A, 5, Set("title", "1")).Blind(45)).Kind);
        Assert.True(_ledger.Live.Deleted);
    }

    [Fact]
    public void R43_An_edit_of_a_lost_life_of_the_entity_opens_it_over_the_one_that_is_left()
    {
        _ledger.SkipTo(10);
        _ledger.Commit(Create(A, 1, Set("title", "1"), Add("n", 8)).Blind(0));
        _ledger.Commit(Delete(A, 2).Knowing(10));
        _ledger.SkipTo(1_001);
        Assert.Equal(OutcomeKind.Applied, _ledger.Commit(Update(B, 9, Set("note", "2")).Knowing(50, generation: 2)).Kind);
        Assert.Equal((2, false), (_ledger.Live.Generation, _ledger.Live.Deleted));
        _ledger.Commit(Create(A, 5, Set("title", "3"), Add("n", 1)).Knowing(45, generation: 2));
        Assert.Equal(("3", "2", 1), (_ledger.Json("title"), _ledger.Json("note"), _ledger.Count("n")));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(1_001)]
    public void R43_What_is_outside_of_the_gap_is_gone_as_ever(long known)
    {
        _ledger.SkipTo(1_005);
        Assert.Equal(RejectionReason.EntityGone, _ledger.Commit(Update(B, 6, Set("title", "1")).Knowing(known)).Reason);
        Assert.Equal(OutcomeKind.Superseded, _ledger.Commit(Delete(B, 7).Knowing(known)).Kind);
        Assert.Null(_ledger.Row);
    }

    [Fact]
    public void R43_Changes_since_the_restore_are_news_to_who_wrote_before_it()
    {
        _ledger.SkipTo(10);
        _ledger.Commit(Create(A, 1, Set("title", "1")).Blind(0));
        _ledger.SkipTo(1_001);
        Assert.False(_ledger.Commit(Update(B, 2, Set("title", "2")).Knowing(50)).Concurrent);
        Assert.True(_ledger.Commit(Update(A, 3, Set("title", "3")).Knowing(60)).Concurrent);
    }
}
