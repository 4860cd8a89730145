using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class DeletionTests
{
    private readonly Ledger _byTimestamp = Created(DeletePolicy.ByTimestamp);
    private readonly Ledger _editWins = Created(DeletePolicy.EditWins);
    private readonly Ledger _deleteWins = Created(DeletePolicy.DeleteWins);

    [Fact]
    public void ByTimestamp_a_newer_delete_hides_the_row()
    {
        _byTimestamp.Commit(Update(A, 4, Set("a", "4")).Knowing(1));
        var result = _byTimestamp.Commit(Delete(B, 5).Knowing(1));

        Assert.Equal((OutcomeKind.Merged, true), (result.Kind, _byTimestamp.Live.Deleted));
        Assert.Equal(1003, _byTimestamp.Live.DeletedAt);
        Assert.Equal("4", _byTimestamp.Json("a"));
    }

    [Fact]
    public void ByTimestamp_an_older_delete_is_superseded()
    {
        _byTimestamp.Commit(Update(A, 6, Set("a", "6")).Knowing(1));
        var result = _byTimestamp.Commit(Delete(B, 5).Knowing(1));

        Assert.Equal((OutcomeKind.Superseded, false, 0L), (result.Kind, _byTimestamp.Live.Deleted, _byTimestamp.Live.DeletedAt));
        Assert.Equal(new Stamp(5, B), _byTimestamp.Live.LastDelete);
    }

    [Fact]
    public void ByTimestamp_a_newer_edit_restores_the_whole_document()
    {
        _byTimestamp.Commit(Delete(B, 5).Knowing(1));
        var result = _byTimestamp.Commit(Update(A, 6, Set("b", "6")).Knowing(1));

        Assert.Equal((OutcomeKind.Merged, false, 0L), (result.Kind, _byTimestamp.Live.Deleted, _byTimestamp.Live.DeletedAt));
        Assert.Equal(("1", "6"), (_byTimestamp.Json("a"), _byTimestamp.Json("b")));
    }

    [Fact]
    public void ByTimestamp_an_older_edit_of_a_dead_row_is_superseded_and_kept_hidden()
    {
        _byTimestamp.Commit(Delete(B, 5).Knowing(1));
        var result = _byTimestamp.Commit(Update(A, 4, Set("b", "4")).Knowing(1));

        Assert.Equal((OutcomeKind.Superseded, true), (result.Kind, _byTimestamp.Live.Deleted));
        Assert.Equal("4", _byTimestamp.Json("b"));
    }

    [Theory]
    [InlineData(DeletePolicy.ByTimestamp)]
    [InlineData(DeletePolicy.EditWins)]
    [InlineData(DeletePolicy.DeleteWins)]
    public void A_delete_of_a_dead_row_keeps_the_time_of_the_first(DeletePolicy policy)
    {
        var ledger = Created(policy);
        ledger.Commit(Delete(B, 5).Knowing(1));
        var result = ledger.Commit(Delete(A, 7).Knowing(1));

        Assert.Equal((OutcomeKind.Merged, true, 1002L), (result.Kind, ledger.Live.Deleted, ledger.Live.DeletedAt));
        Assert.Equal((new Stamp(7, A), 3L), (ledger.Live.LastDelete, ledger.Live.Sequence));
    }

    [Fact]
    public void DeleteWins_any_delete_ends_the_generation()
    {
        _deleteWins.Commit(Update(A, 9, Set("a", "9")).Knowing(1));
        Assert.Equal(OutcomeKind.Merged, _deleteWins.Commit(Delete(B, 5).Knowing(1)).Kind);
        Assert.Equal(OutcomeKind.Superseded, _deleteWins.Commit(Update(C, 99, Set("a", "99")).Knowing(3)).Kind);

        Assert.True(_deleteWins.Live.Deleted);
    }

    [Fact]
    public void DeleteWins_a_create_that_saw_the_tombstone_begins_anew()
    {
        _deleteWins.Commit(Delete(B, 5).Knowing(1));
        _deleteWins.Commit(Create(A, 6, Set("a", "6")).Knowing(2, generation: 2));

        Assert.Equal((2, false), (_deleteWins.Live.Generation, _deleteWins.Live.Deleted));
    }

    [Fact]
    public void EditWins_a_delete_that_missed_another_devices_edit_has_no_effect()
    {
        _editWins.Commit(Update(A, 4, Set("a", "4")).Knowing(1));
        var result = _editWins.Commit(Delete(B, 50).Knowing(1));

        Assert.Equal((OutcomeKind.Superseded, false), (result.Kind, _editWins.Live.Deleted));
    }

    [Fact]
    public void EditWins_a_delete_that_saw_every_edit_takes_effect_whatever_its_stamp()
    {
        _editWins.Commit(Update(A, 40, Set("a", "4")).Knowing(1));
        var result = _editWins.Commit(Delete(B, 5).Knowing(2));

        Assert.Equal((OutcomeKind.Applied, true), (result.Kind, _editWins.Live.Deleted));
    }

    [Fact]
    public void EditWins_a_devices_own_edits_do_not_stop_its_delete()
    {
        _editWins.Commit(Update(B, 4, Set("a", "4")).Knowing(1));
        _editWins.Commit(Delete(B, 5).Knowing(1));

        Assert.True(_editWins.Live.Deleted);
    }

    [Fact]
    public void EditWins_another_devices_delete_does_not_stop_a_delete()
    {
        _editWins.Commit(Delete(A, 4).Knowing(1));
        _editWins.Commit(Update(B, 5, Set("a", "5")).Knowing(1));
        _editWins.Commit(Delete(A, 6).Knowing(3));
        _editWins.Commit(Delete(B, 7).Knowing(3));

        Assert.True(_editWins.Live.Deleted);
    }

    [Fact]
    public void EditWins_every_edit_revives_even_an_older_one()
    {
        _editWins.Commit(Delete(B, 50).Knowing(1));
        var result = _editWins.Commit(Update(A, 4, Set("a", "4")).Knowing(1));

        Assert.Equal((OutcomeKind.Merged, false), (result.Kind, _editWins.Live.Deleted));
    }

    [Fact]
    public void EditWins_an_edit_of_an_ended_generation_does_not_stop_a_delete_in_the_next()
    {
        // Device C's edit of generation 1 could as well have come after B's create, and would then have left no trace.
        _editWins.Commit(Delete(A, 2).Knowing(1));
        _editWins.Commit(Update(C, 3, Set("a", "3")).Knowing(1));
        _editWins.Commit(Create(B, 4, Set("b", "4")).Knowing(2, generation: 2));
        _editWins.Commit(Delete(B, 5).Knowing(2, generation: 2));

        Assert.True(_editWins.Live.Deleted);
    }

    private static Ledger Created(DeletePolicy policy)
    {
        var ledger = new Ledger(Mixed with { OnDelete = policy });
        ledger.Commit(Create(A, 1, Set("a", "1")));
        return ledger;
    }
}
