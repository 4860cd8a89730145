using OrleansSync.Core.Tests.Merging;
using static OrleansSync.Core.Tests.Merging.Make;

namespace OrleansSync.Core.Tests.Compacting;

public sealed class CompactionTests
{
    [Fact]
    public void Consecutive_updates_become_one_with_the_last_id_and_the_first_base()
    {
        var first = Update(A, 3, Set("a", "3"), Set("b", "3")).Knowing(7);
        var second = Update(A, 5, Set("b", "5")).Knowing(9);
        var compacted = Assert.Single(Compact(first, second));

        Assert.Equal((second.Id, 5L, OperationKind.Update), (compacted.Id, compacted.Counter, compacted.Kind));
        Assert.Equal((7L, 7L, 1), (compacted.Base, compacted.Seen, compacted.Generation));
    }

    [Fact]
    public void Every_change_keeps_its_own_stamp()
    {
        var compacted = Assert.Single(Compact(Update(A, 3, Set("a", "3"), Set("b", "3")), Update(A, 5, Set("b", "5"))));

        Assert.Equal([new SetField("a", JsonValue.FromText("3"), Counter: 3), new SetField("b", JsonValue.FromText("5"))], compacted.Changes.ToArray());
    }

    [Fact]
    public void A_create_and_its_updates_become_a_create()
    {
        var compacted = Assert.Single(Compact(Create(A, 3, Set("a", "3")), Update(A, 4, Set("b", "4")), Update(A, 5, Remove("a"))));

        Assert.Equal((OperationKind.Create, 5L), (compacted.Kind, compacted.Counter));
        Assert.Equal([new RemoveField("a"), new SetField("b", JsonValue.FromText("4"), Counter: 4)], compacted.Changes.ToArray());
    }

    [Fact]
    public void A_create_and_a_delete_become_nothing_where_this_device_made_the_id()
    {
        Assert.Empty(Compaction.Compact([Create(A, 3, Set("a", "3")), Update(A, 4, Add("n", 1)), Delete(A, 5)], madeHere: true, Limits.Default));
    }

    [Fact]
    public void A_create_and_a_delete_stay_where_another_device_may_have_made_the_entity()
    {
        Assert.Equal([OperationKind.Create, OperationKind.Delete], Compact(Create(A, 3, Set("a", "3")), Delete(A, 5)).Select(static one => one.Kind));
    }

    [Fact]
    public void An_update_of_plain_fields_and_a_delete_become_the_delete()
    {
        var delete = Delete(A, 5).Knowing(9);

        Assert.Same(delete, Assert.Single(Compact(Update(A, 3, Set("a", "3")).Knowing(7), Update(A, 4, Remove("b")).Knowing(7), delete)));
    }

    [Fact]
    public void Increments_and_set_changes_before_a_delete_stay_for_an_edit_that_revives_the_entity()
    {
        Assert.Equal(2, Compact(Update(A, 3, Add("n", 1)), Delete(A, 5)).Length);
        Assert.Equal(2, Compact(Update(A, 3, Put("s", "x")), Delete(A, 5)).Length);
        Assert.Equal(2, Compact(Update(A, 3, Take("s", "x", Tag(B, 1))), Delete(A, 5)).Length);
    }

    [Fact]
    public void An_update_before_a_delete_stays_where_an_edit_of_the_same_generation_follows()
    {
        Assert.Equal(3, Compact(Update(A, 3, Set("a", "3")), Delete(A, 5), Update(A, 9, Set("b", "9")).Knowing(8)).Length);
    }

    [Fact]
    public void A_re_create_after_a_delete_stays_an_operation_of_its_own()
    {
        var compacted = Compact(Update(A, 3, Set("a", "3")), Delete(A, 5), Create(A, 6, Set("a", "6")).Blind(0, 2), Update(A, 7, Set("b", "7")).Blind(0, 2));

        Assert.Equal([(OperationKind.Delete, 5L), (OperationKind.Create, 7L)], compacted.Select(static one => (one.Kind, one.Counter)));
    }

    [Fact]
    public void Increments_are_summed_within_their_bounds()
    {
        var compacted = Assert.Single(Compact(Update(A, 3, Add("n", 5)), Update(A, 4, Add("n", -7)), Update(A, 5, Add("m", 1))));

        Assert.Equal([Add("n", -2), Add("m", 1)], compacted.Changes.ToArray());
        Assert.Equal(2, Compact(Update(A, 3, Add("n", IncrementField.MaxDelta)), Update(A, 4, Add("n", 1))).Length);
        Assert.Equal(2, Compact(Update(A, 3, Add("n", -IncrementField.MaxDelta)), Update(A, 4, Add("n", -1))).Length);
    }

    [Fact]
    public void Adding_again_observes_what_both_adds_saw_and_not_the_first()
    {
        var change = Assert.IsType<AddElement>(Assert.Single(Assert.Single(Compact(
            Update(A, 3, Put("s", "x", Tag(B, 1))), Update(A, 4, Put("s", "x", Tag(A, 3), Tag(C, 2))))).Changes));

        Assert.Equal([Tag(B, 1), Tag(C, 2)], change.Observed.ToArray());
    }

    [Fact]
    public void Adding_and_removing_leaves_the_removal_of_what_was_there_before()
    {
        var change = Assert.IsType<RemoveElement>(Assert.Single(Assert.Single(Compact(
            Update(A, 3, Put("s", "x", Tag(B, 1))), Update(A, 4, Take("s", "x", Tag(A, 3))))).Changes));

        Assert.Equal([Tag(B, 1)], change.Observed.ToArray());
    }

    [Fact]
    public void Removing_and_adding_again_leaves_the_add()
    {
        var change = Assert.IsType<AddElement>(Assert.Single(Assert.Single(Compact(
            Update(A, 3, Take("s", "x", Tag(B, 1))), Update(A, 4, Put("s", "x")))).Changes));

        Assert.Equal([Tag(B, 1)], change.Observed.ToArray());
    }

    [Fact]
    public void A_tag_keeps_the_counter_of_the_operation_that_added_it()
    {
        var compacted = Assert.Single(Compact(Update(A, 3, Put("s", "x")), Update(A, 4, Set("a", "4"))));
        var ledger = new Ledger(Mixed);
        ledger.Commit(Create(B, 1));
        ledger.Commit(compacted.Knowing(1));

        Assert.Equal([Tag(A, 3)], Assert.Single(ledger.Live.Fields.OfType<SetFieldValue>().Single().Entries).Tags.ToArray());
    }

    [Fact]
    public void An_add_that_did_not_see_the_devices_own_add_stays_apart()
    {
        Assert.Equal(2, Compact(Update(A, 3, Put("s", "x")), Update(A, 4, Put("s", "x"))).Length);
    }

    [Fact]
    public void A_whole_document_drops_the_plain_changes_before_it_and_nothing_else()
    {
        var compacted = Assert.Single(Compact(Update(A, 3, Set("a", "3"), Add("n", 1)), Update(A, 4, Set("b", "4")).Whole(), Update(A, 5, Set("c", "5"))));

        Assert.Equal(4, compacted.WholeDocumentCounter);
        Assert.Equal(["n", "b", "c"], compacted.Changes.Select(static change => change.Field));
    }

    [Fact]
    public void Before_images_are_those_of_before_the_first()
    {
        var first = Update(A, 3, Set("a", "3")) with { Before = [new BeforeImage("a", JsonValue.FromText("1"))] };
        var second = Update(A, 4, Set("a", "4"), Set("b", "4")) with
        {
            Before = [new BeforeImage("a", JsonValue.FromText("3")), new BeforeImage("b", null)],
        };

        Assert.Equal([new BeforeImage("a", JsonValue.FromText("1")), new BeforeImage("b", null)], Assert.Single(Compact(first, second)).Before.ToArray());
    }

    [Fact]
    public void Operations_of_different_generations_stay_apart()
    {
        Assert.Equal(2, Compact(Update(A, 3, Set("a", "3")).Knowing(5, 1), Update(A, 4, Set("a", "4")).Knowing(9, 2)).Length);
    }

    [Fact]
    public void Operations_of_different_transactions_stay_apart()
    {
        var one = new TransactionRef(new TransactionId(Guid.NewGuid()), 0, 1);
        var other = new TransactionRef(new TransactionId(Guid.NewGuid()), 0, 1);

        Assert.Equal(2, Compact(Update(A, 3) with { Transaction = one }, Update(A, 4) with { Transaction = other }).Length);
        Assert.Equal(2, Compact(Update(A, 3) with { Transaction = one }, Update(A, 4)).Length);
        Assert.Equal(2, Compact(Update(A, 3), Delete(A, 4) with { Transaction = other }).Length);
    }

    [Fact]
    public void What_together_would_not_fit_a_batch_stays_apart()
    {
        var large = $"\"{new string('x', 700)}\"";
        var limits = Limits.Default with { BatchBytes = 1024 };
        Operation[] run = [Update(A, 3, Set("a", large)), Update(A, 4, Set("b", large)), Update(A, 5, Set("b", large))];

        Assert.Equal([3L, 5L], Compaction.Compact(run, madeHere: false, limits).Select(static one => one.Counter));
    }

    [Fact]
    public void A_transaction_is_compacted_entity_by_entity_and_numbered_anew()
    {
        var id = new TransactionId(Guid.NewGuid());
        var other = new EntityKey("note", "2");
        var gone = new EntityKey("note", "3");
        Operation[] transaction =
        [
            Create(A, 1, Set("a", "1")), Create(A, 2, Set("a", "2")) with { Entity = other }, Create(A, 3) with { Entity = gone },
            Update(A, 4, Set("b", "4")), Delete(A, 5) with { Entity = gone },
        ];
        for (var i = 0; i < transaction.Length; i++) transaction[i] = transaction[i] with { Transaction = new TransactionRef(id, i, transaction.Length) };

        var compacted = Compaction.CompactTransaction(transaction, key => key == gone, Limits.Default);

        Assert.Equal([(other, 2L), (Entity, 4L)], compacted.Select(static one => (one.Entity, one.Counter)));
        Assert.Equal([new TransactionRef(id, 0, 2), new TransactionRef(id, 1, 2)], compacted.Select(static one => one.Transaction));
    }

    [Fact]
    public void Operations_that_are_no_run_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Compact(Update(A, 3), Update(A, 3)));
        Assert.Throws<ArgumentException>(() => Compact(Update(A, 3), Update(B, 4)));
        Assert.Throws<ArgumentException>(() => Compact(Update(A, 3), Update(A, 4) with { Entity = new EntityKey("note", "2") }));
        Assert.Throws<ArgumentException>(() => Compaction.CompactTransaction([Update(A, 3)], static _ => false, Limits.Default));
    }

    private static Operation[] Compact(params Operation[] run) => [.. Compaction.Compact(run, madeHere: false, Limits.Default)];
}
