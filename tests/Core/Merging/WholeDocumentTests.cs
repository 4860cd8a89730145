using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class WholeDocumentTests
{
    private readonly Ledger _ledger = new(Mixed with { Policy = ConflictPolicy.LastWriterWins });

    [Fact]
    public void A_whole_document_drops_the_fields_stamped_below_it()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1"), Set("b", "1"), Set("c", "1")).Whole());
        _ledger.Commit(Update(B, 2, Set("a", "2"), Set("d", "2")).Knowing(1).Whole());

        Assert.Equal(["a", "d"], _ledger.Live.Fields.Select(static field => field.Name));
        Assert.Equal(new Stamp(2, B), _ledger.Live.DocumentStamp);
    }

    [Fact]
    public void An_older_whole_document_is_superseded_whole()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")).Whole());
        _ledger.Commit(Update(B, 5, Set("a", "5")).Knowing(1).Whole());
        var result = _ledger.Commit(Update(A, 4, Set("a", "4"), Set("b", "4")).Knowing(1).Whole());

        Assert.Equal(OutcomeKind.Superseded, result.Kind);
        Assert.Equal([new PlainField("a", new Stamp(5, B), JsonValue.FromText("5"))], _ledger.Live.Fields.ToArray());
    }

    [Fact]
    public void A_change_below_the_document_stamp_is_ignored_even_of_a_field_that_is_absent()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")).Whole());
        _ledger.Commit(Update(B, 5, Set("a", "5")).Knowing(1).Whole());
        _ledger.Commit(Update(A, 4, Set("z", "4"), Remove("y")).Knowing(1));

        Assert.Equal(["a"], _ledger.Live.Fields.Select(static field => field.Name));
    }

    [Fact]
    public void A_field_stamped_above_a_whole_document_outlives_it()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")).Whole());
        _ledger.Commit(Update(B, 6, Set("z", "6")).Knowing(1));
        var result = _ledger.Commit(Update(A, 5, Set("a", "5")).Knowing(1).Whole());

        Assert.Equal(OutcomeKind.Merged, result.Kind);
        Assert.Equal(("5", "6"), (_ledger.Json("a"), _ledger.Json("z")));
    }

    [Fact]
    public void A_whole_document_never_touches_counters_and_sets()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1"), Add("n", 3), Put("s", "x")).Whole());
        _ledger.Commit(Update(B, 2, Set("b", "2")).Knowing(1).Whole());

        Assert.Equal(["b", "n", "s"], _ledger.Live.Fields.Select(static field => field.Name));
        Assert.Equal(3, _ledger.Count("n"));
        Assert.Equal(["x"], _ledger.Elements("s"));
    }

    [Fact]
    public void The_document_stamp_follows_the_flag_and_not_the_policy()
    {
        var ledger = new Ledger(Plain with { Policy = ConflictPolicy.FieldMerge });
        ledger.Commit(Create(A, 1, Set("a", "1"), Set("b", "1")));
        ledger.Commit(Update(A, 2, Set("a", "2")).Knowing(1).Whole());

        Assert.Equal(["a"], ledger.Live.Fields.Select(static field => field.Name));
    }

    [Fact]
    public void A_compacted_whole_document_keeps_its_own_counter()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")).Whole());
        _ledger.Commit(Update(B, 6, Set("z", "6")).Knowing(1));
        var compacted = Update(A, 9, new SetField("a", JsonValue.FromText("5"), Counter: 5), Set("b", "9")).Knowing(1);
        _ledger.Commit(compacted with { WholeDocumentCounter = 5 });

        Assert.Equal(["a", "b", "z"], _ledger.Live.Fields.Select(static field => field.Name));
        Assert.Equal(new Stamp(5, A), _ledger.Live.DocumentStamp);
    }
}
