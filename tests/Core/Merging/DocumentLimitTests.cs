using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class DocumentLimitTests
{
    private readonly Ledger _ledger = new(Mixed) { Limits = Limits.Default with { DocumentFields = 2, DocumentBytes = 40 } };

    [Fact]
    public void A_document_may_have_as_many_fields_as_the_limit()
    {
        Assert.Equal(OutcomeKind.Applied, _ledger.Commit(Create(A, 1, Set("a", "1"), Set("b", "1"))).Kind);
        Refused(Update(A, 2, Set("c", "1")).Knowing(1));
    }

    [Fact]
    public void A_document_may_be_as_large_as_the_limit()
    {
        Assert.Equal(OutcomeKind.Applied, _ledger.Commit(Create(A, 1, Set("a", new string('1', 39)))).Kind);
        Refused(Update(A, 2, Set("a", new string('1', 40))).Knowing(1));
    }

    [Fact]
    public void A_create_that_is_too_large_leaves_the_entity_absent()
    {
        Refused(Create(A, 1, Set("a", new string('1', 40))));
        Assert.Null(_ledger.Row);
    }

    [Fact]
    public void Two_devices_that_fit_alone_may_not_fit_together()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1")));
        _ledger.Commit(Update(A, 2, Set("b", "1")).Knowing(1));

        Refused(Update(B, 2, Set("c", "1")).Knowing(1));
    }

    [Fact]
    public void Removed_fields_and_tags_count_because_rows_keep_them()
    {
        _ledger.Commit(Create(A, 1, Set("a", "1"), Set("b", "1")));
        _ledger.Commit(Update(A, 2, Remove("a")).Knowing(1));
        Refused(Update(A, 3, Set("c", "1")).Knowing(2));

        _ledger.Commit(Update(A, 4, Set("c", "1")).Knowing(2).Whole());
        Assert.Equal(["c"], _ledger.Live.Fields.Select(static field => field.Name));

        _ledger.Commit(Update(A, 5, Put("s", "x")).Knowing(4));
        Refused(Update(B, 6, Put("s", "x")).Knowing(4));
    }

    [Fact]
    public void A_document_above_a_lowered_limit_can_still_change_and_shrink()
    {
        var generous = new Ledger(Mixed);
        generous.Commit(Create(A, 1, Set("a", new string('1', 60)), Set("b", "1"), Set("c", "1")));
        var row = generous.Row;
        var context = new MergeContext(Mixed, 2, 0, _ledger.Limits);

        Assert.Equal(OutcomeKind.Applied, Merge.Apply(row, Update(A, 2, Set("a", new string('2', 60))).Knowing(1), context).Kind);
        Assert.Equal(OutcomeKind.Applied, Merge.Apply(row, Update(A, 2, Set("a", "2")).Knowing(1), context).Kind);
        Assert.Equal(OutcomeKind.Applied, Merge.Apply(row, Delete(A, 2).Knowing(1), context).Kind);
        Assert.Equal(RejectionReason.DocumentTooLarge, Merge.Apply(row, Update(A, 2, Set("d", "2")).Knowing(1), context).Reason);
        Assert.Equal(RejectionReason.DocumentTooLarge, Merge.Apply(row, Update(A, 2, Set("b", "22")).Knowing(1), context).Reason);
    }

    private void Refused(Operation operation)
    {
        var before = _ledger.Row;
        var result = _ledger.Commit(operation);
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.DocumentTooLarge), (result.Kind, result.Reason));
        Assert.Same(before, result.Row);
    }
}
