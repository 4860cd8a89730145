using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class GenerationTests
{
    private readonly Ledger _ledger = new(Mixed);

    [Fact]
    public void A_create_over_a_tombstone_opens_the_next_generation()
    {
        LiveAndDie();
        var result = _ledger.Commit(Create(B, 3, Set("b", "3")).Knowing(2, generation: 2));

        Assert.Equal((OutcomeKind.Applied, false), (result.Kind, result.Concurrent));
        var row = _ledger.Live;
        Assert.Equal((2, 1L, false, 0L), (row.Generation, row.Birth, row.Deleted, row.DeletedAt));
        Assert.Equal([1L, 3L], row.Births.ToArray());
        Assert.Equal(["b"], row.Fields.Select(static field => field.Name));
        Assert.Equal((new Stamp(3, B), default), (row.LastEdit, row.LastDelete));
    }

    [Fact]
    public void A_new_generation_forgets_the_document_stamp_and_older_stamps()
    {
        _ledger.Commit(Create(A, 8, Set("a", "1")).Whole());
        _ledger.Commit(Delete(A, 9).Knowing(1));
        _ledger.Commit(Create(B, 3, Set("a", "3")).Knowing(2, generation: 2));

        Assert.Equal("3", _ledger.Json("a"));
        Assert.True(_ledger.Live.DocumentStamp.IsNone);
    }

    [Fact]
    public void An_operation_of_a_lower_generation_is_superseded_and_leaves_the_row_untouched()
    {
        LiveAndDie();
        _ledger.Commit(Create(B, 3, Set("b", "3")).Knowing(2, generation: 2));
        var before = _ledger.Row;

        var update = _ledger.Commit(Update(C, 99, Set("b", "99"), Add("n", 5), Put("s", "y")).Knowing(1));
        Assert.Equal(OutcomeKind.Superseded, update.Kind);
        Assert.Same(before, update.Row);

        var delete = _ledger.Commit(Delete(C, 100).Knowing(1));
        Assert.Equal(OutcomeKind.Superseded, delete.Kind);
        Assert.Same(before, delete.Row);
    }

    [Fact]
    public void A_create_of_the_next_generation_replaces_even_a_revived_row()
    {
        LiveAndDie();
        _ledger.Commit(Update(C, 9, Set("a", "9")).Knowing(1));
        Assert.False(_ledger.Live.Deleted);

        _ledger.Commit(Create(B, 3, Set("b", "3")).Knowing(2, generation: 2));
        Assert.Equal(["b"], _ledger.Live.Fields.Select(static field => field.Name));
    }

    [Fact]
    public void Two_creates_over_one_tombstone_merge_in_one_generation()
    {
        LiveAndDie();
        _ledger.Commit(Create(B, 3, Set("b", "3"), Add("n", 1)).Knowing(2, generation: 2));
        var result = _ledger.Commit(Create(C, 4, Set("c", "4"), Add("n", 2)).Knowing(2, generation: 2));

        Assert.Equal(OutcomeKind.Merged, result.Kind);
        Assert.Equal(("3", "4", 3L), (_ledger.Json("b"), _ledger.Json("c"), _ledger.Count("n")));
        Assert.Equal([1L, 3L], _ledger.Live.Births.ToArray());
    }

    [Fact]
    public void A_blind_create_past_a_tombstone_opens_the_next_generation()
    {
        LiveAndDie();
        var result = _ledger.Commit(Create(B, 3, Set("b", "3")).Blind(seen: 2));

        Assert.Equal((OutcomeKind.Applied, 2), (result.Kind, _ledger.Live.Generation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_devices_that_bootstrapped_past_a_tombstone_and_both_create_meet_in_one_generation(bool swapped)
    {
        LiveAndDie();
        var one = Create(B, 3, Set("b", "3"), Add("n", 10)).Blind(seen: 2);
        var other = Create(C, 4, Set("c", "4"), Add("n", 20)).Blind(seen: 2);
        _ledger.Commit(swapped ? other : one);
        _ledger.Commit(swapped ? one : other);
        _ledger.Commit(Update(B, 5, Set("b", "5")).Blind(seen: 2));

        Assert.Equal((2, "5", "4", 30L), (_ledger.Live.Generation, _ledger.Json("b"), _ledger.Json("c"), _ledger.Count("n")));
    }

    [Fact]
    public void A_blind_create_of_a_device_that_saw_nothing_meets_the_first_generation()
    {
        LiveAndDie();
        _ledger.Commit(Create(B, 9, Set("b", "9")).Blind(seen: 0));

        Assert.Equal((1, false), (_ledger.Live.Generation, _ledger.Live.Deleted));
        Assert.Equal(["a", "b", "n", "s"], _ledger.Live.Fields.Select(static field => field.Name));
    }

    [Fact]
    public void A_blind_update_follows_its_create_into_the_generation_it_opened()
    {
        LiveAndDie();
        _ledger.Commit(Create(B, 3, Set("b", "3")).Blind(seen: 2));
        _ledger.Commit(Update(B, 4, Set("b", "4")).Blind(seen: 2));

        Assert.Equal("4", _ledger.Json("b"));
    }

    [Fact]
    public void A_blind_create_that_saw_neither_generation_is_superseded_by_the_second()
    {
        LiveAndDie();
        _ledger.Commit(Create(B, 3, Set("b", "3")).Knowing(2, generation: 2));
        var before = _ledger.Row;
        var result = _ledger.Commit(Create(C, 9, Set("c", "9")).Blind(seen: 0));

        Assert.Equal(OutcomeKind.Superseded, result.Kind);
        Assert.Same(before, result.Row);
    }

    [Fact]
    public void A_blind_delete_and_re_create_before_the_first_sync_open_generations_of_their_own()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Delete(A, 2));
        _ledger.Commit(Create(A, 3, Set("b", "3")).Blind(seen: 0, generation: 2));
        _ledger.Commit(Update(A, 4, Set("b", "4")).Blind(seen: 0, generation: 2));

        Assert.Equal((2, "4"), (_ledger.Live.Generation, _ledger.Json("b")));
    }

    [Fact]
    public void A_device_that_re_creates_more_often_than_births_are_remembered_keeps_its_own_operations()
    {
        for (var generation = 1; generation <= EntityRow.MaxBirths + 5; generation++)
        {
            _ledger.Commit(Create(A, (3 * generation) - 2).Blind(seen: 0, generation));
            Assert.NotEqual(OutcomeKind.Superseded, _ledger.Commit(Update(A, (3 * generation) - 1, Set("g", $"{generation}")).Blind(0, generation)).Kind);
            _ledger.Commit(Delete(A, 3 * generation).Blind(seen: 0, generation));
        }

        Assert.Equal((EntityRow.MaxBirths + 5, EntityRow.MaxBirths), (_ledger.Live.Generation, _ledger.Live.Births.Length));
        Assert.Equal($"{EntityRow.MaxBirths + 5}", _ledger.Json("g"));
    }

    [Fact]
    public void A_blind_operation_older_than_the_remembered_births_is_superseded()
    {
        for (var generation = 1; generation <= EntityRow.MaxBirths + 2; generation++)
        {
            _ledger.Commit(Create(A, 2 * generation).Knowing(_ledger.Sequence, generation));
            _ledger.Commit(Delete(A, (2 * generation) + 1).Knowing(_ledger.Sequence, generation));
        }

        var before = _ledger.Row;
        var result = _ledger.Commit(Create(B, 99).Blind(seen: 2));
        Assert.Equal(OutcomeKind.Superseded, result.Kind);
        Assert.Same(before, result.Row);
        Assert.Equal(OutcomeKind.Applied, _ledger.Commit(Create(B, 100).Blind(_ledger.Sequence)).Kind);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void A_generation_above_the_next_is_invalid(int generation)
    {
        LiveAndDie();
        var before = _ledger.Row;
        var result = _ledger.Commit(Create(B, 3).Knowing(2, generation));

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.GenerationInvalid), (result.Kind, result.Reason));
        Assert.Same(before, result.Row);
    }

    [Fact]
    public void A_generation_cannot_pass_the_highest_number()
    {
        _ledger.Commit(Create(A, 1).Blind(seen: 0, generation: int.MaxValue));
        var result = _ledger.Commit(Create(B, 3).Blind(seen: 1));

        Assert.Equal(RejectionReason.GenerationInvalid, result.Reason);
    }

    [Fact]
    public void An_update_never_opens_a_generation()
    {
        LiveAndDie();
        var result = _ledger.Commit(Update(B, 3, Set("b", "3")).Knowing(2, generation: 2));

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.PredecessorRejected), (result.Kind, result.Reason));
        Assert.Equal(OutcomeKind.Superseded, _ledger.Commit(Delete(B, 4).Knowing(2, generation: 2)).Kind);
        Assert.Equal((1, true), (_ledger.Live.Generation, _ledger.Live.Deleted));
    }

    /// <summary>Generation 1 with a field of each kind, deleted at sequence 2.</summary>
    private void LiveAndDie()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1"), Add("n", 1), Put("s", "x")));
        _ledger.Commit(Delete(A, 2).Knowing(1));
    }
}
