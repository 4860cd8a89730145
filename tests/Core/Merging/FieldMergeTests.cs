using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class FieldMergeTests
{
    private readonly Ledger _ledger = new(Plain);

    [Fact]
    public void A_create_on_an_absent_entity_is_applied()
    {
        var result = _ledger.Commit(Create(A, 3, Set("title", "\"x\""), Set("body", "\"y\"")));

        Assert.Equal((OutcomeKind.Applied, RejectionReason.None, false), (result.Kind, result.Reason, result.Concurrent));
        var row = _ledger.Live;
        Assert.Equal(["body", "title"], row.Fields.Select(static field => field.Name));
        Assert.Equal((1, 1L, 1L, false), (row.Generation, row.Sequence, row.Birth, row.Deleted));
        Assert.Equal([1L], row.Births.ToArray());
        Assert.Equal(new Stamp(3, A), row.LastEdit);
        Assert.All(row.Fields, static field => Assert.Equal(new Stamp(3, A), ((PlainField)field).Stamp));
    }

    [Fact]
    public void Edits_of_different_fields_are_both_kept()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1"), Set("b", "1")));
        _ledger.Commit(Update(A, 2, Set("a", "2")).Knowing(1));
        var result = _ledger.Commit(Update(B, 2, Set("b", "3")).Knowing(1));

        Assert.Equal((OutcomeKind.Merged, true), (result.Kind, result.Concurrent));
        Assert.Equal(("2", "3"), (_ledger.Json("a"), _ledger.Json("b")));
    }

    [Fact]
    public void The_higher_stamp_of_a_field_stands_and_the_lower_is_superseded()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Update(B, 5, Set("a", "5")).Knowing(1));
        var result = _ledger.Commit(Update(A, 4, Set("a", "4")).Knowing(1));

        Assert.Equal(OutcomeKind.Superseded, result.Kind);
        Assert.Equal("5", _ledger.Json("a"));
        Assert.Equal(3, _ledger.Live.Sequence);
    }

    [Fact]
    public void The_device_breaks_the_tie_of_equal_counters()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Update(B, 5, Set("a", "\"B\"")).Knowing(1));
        _ledger.Commit(Update(A, 5, Set("a", "\"A\"")).Knowing(1));

        Assert.Equal("\"B\"", _ledger.Json("a"));
    }

    [Fact]
    public void An_operation_that_wins_one_of_its_fields_is_merged()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1"), Set("b", "1")));
        _ledger.Commit(Update(B, 5, Set("a", "5")).Knowing(1));
        var result = _ledger.Commit(Update(A, 4, Set("a", "4"), Set("b", "4")).Knowing(1));

        Assert.Equal(OutcomeKind.Merged, result.Kind);
        Assert.Equal(("5", "4"), (_ledger.Json("a"), _ledger.Json("b")));
    }

    [Fact]
    public void A_removed_field_keeps_its_stamp_against_an_older_value()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Update(B, 5, Remove("a")).Knowing(1));
        _ledger.Commit(Update(A, 4, Set("a", "4")).Knowing(1));

        Assert.Equal([new PlainField("a", new Stamp(5, B), null)], _ledger.Live.Fields.ToArray());
    }

    [Fact]
    public void A_newer_value_stands_over_a_removal()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Update(B, 5, Remove("a")).Knowing(1));
        _ledger.Commit(Update(A, 6, Set("a", "6")).Knowing(1));

        Assert.Equal("6", _ledger.Json("a"));
    }

    [Fact]
    public void A_change_keeps_the_counter_that_compaction_gave_it()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Update(B, 5, Set("a", "5")).Knowing(1));
        _ledger.Commit(Update(A, 9, new SetField("a", JsonValue.FromText("4"), Counter: 4), Set("b", "9")).Knowing(1));

        Assert.Equal(("5", "9"), (_ledger.Json("a"), _ledger.Json("b")));
        Assert.Equal(new Stamp(9, A), _ledger.Live.LastEdit);
    }

    [Fact]
    public void An_operation_without_effect_still_moves_the_row_to_its_sequence()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        var result = _ledger.Commit(Update(A, 2).Knowing(1));

        Assert.Equal(OutcomeKind.Applied, result.Kind);
        Assert.Equal((2L, new Stamp(2, A)), (_ledger.Live.Sequence, _ledger.Live.LastEdit));
    }

    [Fact]
    public void Fields_stay_in_ordinal_order_however_they_come()
    {
        _ledger.Commit(Create(A, 1, Set("m", "1"), Set("b", "1"), Set("Z", "1")));
        _ledger.Commit(Update(A, 2, Set("a", "1"), Set("z", "1"), Set("c", "1"), Set("_", "1")).Knowing(1));

        Assert.Equal(["Z", "_", "a", "b", "c", "m", "z"], _ledger.Live.Fields.Select(static field => field.Name));
    }

    [Fact]
    public void A_type_with_a_custom_resolver_is_not_merged_by_rule()
    {
        var ledger = new Ledger(Plain with { Policy = ConflictPolicy.Custom });

        Assert.Throws<ArgumentException>(() => ledger.Commit(Create(A, 1)));
    }
}
