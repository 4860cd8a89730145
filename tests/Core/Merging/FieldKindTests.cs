using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class FieldKindTests
{
    public static TheoryData<FieldChange> Misfits =>
    [
        Set("n", "1"), Remove("n"), Put("n", "x"), Take("n", "x"),
        Set("s", "1"), Remove("s"), Add("s", 1),
        Add("a", 1), Put("a", "x"), Take("a", "x"),
    ];

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_change_of_another_kind_than_declared_is_refused(FieldChange misfit)
    {
        var ledger = new Ledger(Mixed);
        Assert.Equal(RejectionReason.FieldKindMismatch, ledger.Commit(Create(A, 1, misfit)).Reason);
        Assert.Null(ledger.Row);

        ledger.Commit(Create(A, 2));
        var before = ledger.Row;
        var result = ledger.Commit(Update(A, 3, Set("b", "1"), misfit).Knowing(2));
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.FieldKindMismatch), (result.Kind, result.Reason));
        Assert.Same(before, result.Row);
    }

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_field_of_an_undeclared_type_keeps_the_kind_it_got_first(FieldChange misfit)
    {
        var ledger = new Ledger(EntitySchema.Undeclared("note"));
        ledger.Commit(Create(A, 1, Set("a", "1"), Add("n", 1), Put("s", "x")));
        var before = ledger.Row;
        var result = ledger.Commit(Update(A, 2, Set("b", "1"), misfit).Knowing(1));

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.FieldKindMismatch), (result.Kind, result.Reason));
        Assert.Same(before, result.Row);
    }

    [Fact]
    public void An_operation_that_disagrees_with_itself_is_refused()
    {
        var ledger = new Ledger(EntitySchema.Undeclared("note"));

        Assert.Equal(RejectionReason.FieldKindMismatch, ledger.Commit(Create(A, 1, Set("a", "1"), Add("a", 1))).Reason);
        Assert.Equal(RejectionReason.FieldKindMismatch, ledger.Commit(Create(A, 1, Put("a", "x"), Add("a", 1))).Reason);
    }

    [Fact]
    public void A_new_generation_may_give_a_field_another_kind()
    {
        var ledger = new Ledger(EntitySchema.Undeclared("note"));
        ledger.Commit(Create(A, 1, Set("a", "1")));
        ledger.Commit(Delete(A, 2).Knowing(1));
        ledger.Commit(Create(A, 3, Add("a", 1)).Knowing(2, generation: 2));

        Assert.Equal(1, ledger.Count("a"));
    }

    [Fact]
    public void A_field_that_a_new_schema_declares_otherwise_refuses_changes_rather_than_losing_its_value()
    {
        var ledger = new Ledger(Plain);
        ledger.Commit(Create(A, 1, Set("n", "7")));
        ledger.Schema = Mixed;

        Assert.Equal(RejectionReason.FieldKindMismatch, ledger.Commit(Update(A, 2, Add("n", 1)).Knowing(1)).Reason);
    }
}
