using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Merging;

public sealed class CounterTests
{
    private readonly Ledger _ledger = new(Mixed);

    [Fact]
    public void Increments_add_up_whatever_their_stamps()
    {
        _ledger.Commit(Create(A, 1, Add("n", 3)));
        _ledger.Commit(Update(B, 9, Add("n", 4)).Knowing(1));
        var result = _ledger.Commit(Update(A, 2, Add("n", -2)).Knowing(1));

        Assert.Equal(OutcomeKind.Merged, result.Kind);
        Assert.Equal(5, _ledger.Count("n"));
    }

    [Fact]
    public void A_counter_that_leaves_64_bits_reads_saturated_and_comes_back()
    {
        _ledger.Commit(Create(A, 1));
        for (var i = 0; i < 1025; i++) _ledger.Commit(Update(A, 2 + i, Add("n", IncrementField.MaxDelta)).Knowing(1));
        Assert.Equal(long.MaxValue, _ledger.Count("n"));

        for (var i = 0; i < 1024; i++) _ledger.Commit(Update(A, 2000 + i, Add("n", -IncrementField.MaxDelta)).Knowing(1));
        Assert.Equal(IncrementField.MaxDelta, _ledger.Count("n"));
    }

    [Fact]
    public void A_new_generation_counts_from_0()
    {
        _ledger.Commit(Create(A, 1, Add("n", 3)));
        _ledger.Commit(Delete(A, 2).Knowing(1));
        _ledger.Commit(Create(B, 3, Add("n", 1)).Knowing(2, generation: 2));

        Assert.Equal(1, _ledger.Count("n"));
    }

    [Fact]
    public void A_delete_hides_a_counter_and_a_newer_edit_brings_it_back()
    {
        _ledger.Commit(Create(A, 1, Add("n", 3)));
        _ledger.Commit(Delete(A, 2).Knowing(1));
        _ledger.Commit(Update(B, 3, Add("n", 1)).Knowing(1));

        Assert.Equal(4, _ledger.Count("n"));
    }
}
