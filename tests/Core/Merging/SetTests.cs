using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class SetTests
{
    private readonly Ledger _ledger = new(Mixed);

    [Fact]
    public void An_add_is_tagged_by_device_counter_and_index()
    {
        _ledger.Commit(Create(A, 7, new AddElement("s", SetElement.Of("x"), Index: 2, [])));

        var entry = Assert.Single(Assert.IsType<SetFieldValue>(Assert.Single(_ledger.Live.Fields)).Entries);
        Assert.Equal([Tag(A, 7, 2)], entry.Tags.ToArray());
    }

    [Fact]
    public void A_remove_takes_the_tags_it_saw_and_a_concurrent_add_stays()
    {
        _ledger.Commit(Create(A, 1, Put("s", "x")));
        _ledger.Commit(Update(B, 2, Put("s", "x", Tag(A, 1))).Knowing(1));
        var result = _ledger.Commit(Update(C, 3, Take("s", "x", Tag(A, 1))).Knowing(1));

        Assert.Equal(OutcomeKind.Superseded, result.Kind);
        Assert.Equal(["x"], _ledger.Elements("s"));
    }

    [Fact]
    public void An_element_goes_when_all_its_tags_were_seen()
    {
        _ledger.Commit(Create(A, 1, Put("s", "x")));
        _ledger.Commit(Update(B, 2, Put("s", "x")).Knowing(1));
        var result = _ledger.Commit(Update(C, 3, Take("s", "x", Tag(A, 1), Tag(B, 2))).Knowing(2));

        Assert.Equal(OutcomeKind.Applied, result.Kind);
        Assert.Empty(_ledger.Elements("s"));
    }

    [Fact]
    public void Adding_again_replaces_the_tags_that_were_seen()
    {
        _ledger.Commit(Create(A, 1, Put("s", "x")));
        _ledger.Commit(Update(B, 2, Put("s", "x")).Knowing(1));
        _ledger.Commit(Update(C, 3, Put("s", "x", Tag(A, 1), Tag(B, 2))).Knowing(2));

        var entry = Assert.Single(Assert.IsType<SetFieldValue>(Assert.Single(_ledger.Live.Fields)).Entries);
        Assert.Equal([Tag(C, 3)], entry.Tags.ToArray());
    }

    [Fact]
    public void Tags_are_sorted_whatever_the_order_of_arrival()
    {
        _ledger.Commit(Create(A, 1));
        _ledger.Commit(Update(C, 5, Put("s", "x")).Knowing(1));
        _ledger.Commit(Update(A, 4, Put("s", "x")).Knowing(1));
        _ledger.Commit(Update(B, 5, Put("s", "x")).Knowing(1));

        var entry = Assert.Single(Assert.IsType<SetFieldValue>(Assert.Single(_ledger.Live.Fields)).Entries);
        Assert.Equal([Tag(A, 4), Tag(B, 5), Tag(C, 5)], entry.Tags.ToArray());
    }

    [Fact]
    public void Elements_are_sorted_numbers_before_texts()
    {
        _ledger.Commit(Create(
            A, 1, Put("s", "b"), new AddElement("s", SetElement.Of(10), 1, []), Put("s", "a"), new AddElement("s", SetElement.Of(-2), 3, [])));

        Assert.Equal(["-2", "10", "a", "b"], _ledger.Elements("s"));
    }

    [Fact]
    public void A_number_and_its_text_are_two_elements()
    {
        _ledger.Commit(Create(A, 1, Put("s", "1"), new AddElement("s", SetElement.Of(1), 1, [])));

        Assert.Equal(2, _ledger.Elements("s").Length);
    }

    [Fact]
    public void Two_sets_of_one_operation_do_not_mix()
    {
        var ledger = new Ledger(Mixed.Set("t"));
        ledger.Commit(Create(A, 1, Put("s", "x"), Put("t", "y"), Put("s", "z"), Set("a", "1"), Put("t", "w")));

        Assert.Equal(["x", "z"], ledger.Elements("s"));
        Assert.Equal(["w", "y"], ledger.Elements("t"));
        Assert.Equal("1", ledger.Json("a"));
    }

    [Fact]
    public void A_new_generation_starts_with_empty_sets()
    {
        _ledger.Commit(Create(A, 1, Put("s", "x")));
        _ledger.Commit(Delete(A, 2).Knowing(1));
        _ledger.Commit(Create(B, 3, Put("s", "y")).Knowing(2, generation: 2));

        Assert.Equal(["y"], _ledger.Elements("s"));
    }

    [Fact]
    public void A_set_that_lost_its_last_element_stays_a_set()
    {
        var ledger = new Ledger(EntitySchema.Undeclared("note"));
        ledger.Commit(Create(A, 1, Put("s", "x")));
        ledger.Commit(Update(A, 2, Take("s", "x", Tag(A, 1))).Knowing(1));

        Assert.Equal(RejectionReason.FieldKindMismatch, ledger.Commit(Update(A, 3, Set("s", "1")).Knowing(2)).Reason);
    }
}
