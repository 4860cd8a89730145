using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class StrictPolicyTests
{
    private readonly Ledger _reject = new(Plain with { Policy = ConflictPolicy.Reject });
    private readonly Ledger _manual = new(Plain with { Policy = ConflictPolicy.Manual });

    [Fact]
    public void Reject_refuses_a_concurrent_operation_and_leaves_the_row()
    {
        _reject.Commit(Create(A, 1, Set("a", "1")));
        _reject.Commit(Update(A, 2, Set("a", "2")).Knowing(1));
        var before = _reject.Row;
        var result = _reject.Commit(Update(B, 9, Set("b", "9")).Knowing(1));

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.Conflict, true), (result.Kind, result.Reason, result.Concurrent));
        Assert.Same(before, result.Row);
    }

    [Fact]
    public void Reject_accepts_an_operation_that_saw_all()
    {
        _reject.Commit(Create(A, 1, Set("a", "1")));
        _reject.Commit(Update(A, 2, Set("a", "2")).Knowing(1));

        Assert.Equal(OutcomeKind.Applied, _reject.Commit(Update(B, 9, Set("b", "9")).Knowing(2)).Kind);
    }

    [Fact]
    public void Reject_refuses_a_concurrent_operation_of_an_ended_generation_instead_of_superseding_it()
    {
        _reject.Commit(Create(A, 1, Set("a", "1")));
        _reject.Commit(Delete(A, 2).Knowing(1));
        _reject.Commit(Create(A, 3, Set("a", "3")).Knowing(2, generation: 2));

        Assert.Equal(RejectionReason.Conflict, _reject.Commit(Update(B, 9, Set("b", "9")).Knowing(1)).Reason);
    }

    [Fact]
    public void Manual_parks_a_concurrent_operation_and_leaves_the_row()
    {
        _manual.Commit(Create(A, 1, Set("a", "1")));
        _manual.Commit(Update(A, 2, Set("a", "2")).Knowing(1));
        var before = _manual.Row;
        var result = _manual.Commit(Update(B, 9, Set("b", "9")).Knowing(1));

        Assert.Equal((OutcomeKind.Parked, RejectionReason.None, true), (result.Kind, result.Reason, result.Concurrent));
        Assert.Same(before, result.Row);
    }

    [Fact]
    public void Manual_applies_an_operation_that_saw_all()
    {
        _manual.Commit(Create(A, 1, Set("a", "1")));

        Assert.Equal(OutcomeKind.Applied, _manual.Commit(Update(B, 9, Set("b", "9")).Knowing(1)).Kind);
    }
}
