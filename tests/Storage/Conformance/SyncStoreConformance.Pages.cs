using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task A_page_of_an_empty_scope_is_complete_at_head_zero()
    {
        await Store.ClaimAsync(Scope, default);
        var page = await PageAsync(FromStart());
        Assert.Empty(page.Rows);
        Assert.True(page.Complete);
        Assert.Equal((ChangePosition.AfterSequence(0), 0), (page.Next, page.Through));
    }

    [Fact]
    public async Task A_page_ends_at_the_row_limit_and_the_next_goes_on_inside_the_commit()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("e"), owner.Put("d"), owner.Put("c"), owner.Put("b"), owner.Put("a"));

        var first = await PageAsync(FromStart() with { MaxRows = 2 });
        Assert.Equal(["a", "b"], first.Rows.Select(row => row.Key.Id));
        Assert.Equal((false, new ChangePosition(1, "notes", "b"), 1), (first.Complete, first.Next, first.Through));
        Assert.Empty(first.Digests);

        var second = await PageAsync(FromStart() with { MaxRows = 2, After = first.Next });
        Assert.Equal((false, "c", "d"), (second.Complete, second.Rows[0].Key.Id, second.Rows[1].Key.Id));

        var third = await PageAsync(FromStart() with { MaxRows = 2, After = second.Next });
        Assert.Equal("e", Assert.Single(third.Rows).Key.Id);
        Assert.Equal((true, ChangePosition.AfterSequence(1), 1), (third.Complete, third.Next, third.Through));
    }

    [Fact]
    public async Task A_page_that_ends_exactly_with_the_last_row_is_complete()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"), owner.Put("b"));
        Assert.True((await PageAsync(FromStart() with { MaxRows = 2 })).Complete);
        Assert.True((await PageAsync(FromStart() with { MaxBytes = 2 })).Rows.Length == 1);
        Assert.True((await PageAsync(FromStart() with { MaxBytes = 2, After = new ChangePosition(1, "notes", "a") })).Complete);
    }

    [Fact]
    public async Task A_page_ends_with_the_row_that_reaches_the_byte_limit()
    {
        var owner = await OwnerAsync();
        var json = $"\"{new string('é', 500)}\"";
        await owner.CommitAsync([.. Enumerable.Range(0, 9).Select(i => owner.Put($"{i}", json))]);
        var row = Make.Row(new EntityKey("notes", "0"), 1, json);
        var size = "notes".Length + 1 + RowEncoding.EncodeDocument(row).Length + RowEncoding.EncodeMeta(row).Length;

        Assert.Single((await PageAsync(FromStart() with { MaxBytes = 1 })).Rows);
        Assert.Equal(3, (await PageAsync(FromStart() with { MaxBytes = 3 * size })).Rows.Length);
        Assert.Equal(4, (await PageAsync(FromStart() with { MaxBytes = 3 * size + 1 })).Rows.Length);
        var all = await PageAsync(FromStart() with { MaxBytes = 9 * size });
        Assert.Equal((9, true), (all.Rows.Length, all.Complete));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public async Task A_page_without_room_for_anything_is_a_fault_of_the_caller(int rows, int bytes, int outcomes)
    {
        await OwnerAsync();
        var query = FromStart() with { MaxRows = rows, MaxBytes = bytes, MaxOutcomes = outcomes };
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ReadChangesAsync(query, default));
    }

    [Fact]
    public async Task Rows_move_forward_with_their_last_change_and_are_not_seen_at_the_old_place()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"), owner.Put("b"), owner.Put("c"));
        var first = await PageAsync(FromStart() with { MaxRows = 1 });
        await owner.CommitAsync(owner.Put("b", "2"), owner.Put("a", "2"));

        var rest = await PageAsync(FromStart() with { After = first.Next });

        Assert.Equal(
            [new ChangePosition(1, "notes", "c"), new ChangePosition(2, "notes", "a"), new ChangePosition(2, "notes", "b")],
            rest.Rows.Select(ChangePosition.AfterRow));
        Assert.Equal((true, 2), (rest.Complete, rest.State.Head));
    }

    [Fact]
    public async Task A_cursor_sees_only_what_came_after_it()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"));
        await owner.CommitAsync(owner.Put("b"));
        await owner.CommitAsync(owner.Put("c"));

        Assert.Equal(["c"], (await PageAsync(FromStart() with { After = ChangePosition.AfterSequence(2) })).Rows.Select(row => row.Key.Id));
        var atHead = await PageAsync(FromStart() with { After = ChangePosition.AfterSequence(3) });
        Assert.Equal((0, true, ChangePosition.AfterSequence(3)), (atHead.Rows.Length, atHead.Complete, atHead.Next));
    }

    [Fact]
    public async Task Only_the_asked_types_come_and_the_page_is_complete_all_the_same()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("1", type: "a"), owner.Put("2", type: "b"), owner.Put("3", type: "c"));
        await owner.CommitAsync(owner.Put("4", type: "b"));

        var page = await PageAsync(FromStart() with { Types = ["a", "c", "it's"] });
        Assert.Equal(["1", "3"], page.Rows.Select(row => row.Key.Id));
        Assert.Equal((true, ChangePosition.AfterSequence(2)), (page.Complete, page.Next));

        var cut = await PageAsync(FromStart() with { Types = ["b", "a"], MaxRows = 2 });
        Assert.Equal(["1", "2"], cut.Rows.Select(row => row.Key.Id));
        Assert.False(cut.Complete);
        Assert.Empty((await PageAsync(FromStart() with { Types = ["none"] })).Rows);
    }

    [Fact]
    public async Task A_bootstrap_skips_the_tombstones_up_to_its_first_head_and_gets_later_ones()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"), owner.Put("b", deleted: true));
        await owner.CommitAsync(owner.Put("c", deleted: true), owner.Put("d"));

        var first = await PageAsync(FromStart() with { SkipTombstonesThrough = null, MaxRows = 1 });
        Assert.Equal("a", Assert.Single(first.Rows).Key.Id);
        Assert.Equal(2, first.State.Head);

        await owner.CommitAsync(owner.Put("a", deleted: true));
        var second = await PageAsync(FromStart() with { SkipTombstonesThrough = first.State.Head, After = first.Next });
        Assert.Equal([("d", false), ("a", true)], second.Rows.Select(row => (row.Key.Id, row.Deleted)));

        Assert.Equal(["b", "c", "d", "a"], (await PageAsync(FromStart())).Rows.Select(row => row.Key.Id));
    }

    [Fact]
    public async Task Outcomes_are_those_of_the_asked_device_after_the_cursor_and_up_to_the_pages_end()
    {
        var owner = await OwnerAsync();
        var tablet = (await Store.RegisterDeviceAsync(Scope, Make.Device(2), Make.Session(1), 1, default)).Device;
        for (var i = 1; i <= 4; i++)
            await owner.CommitAsync(owner.Round(owner.Put($"{i}")) with { Operations = [owner.Entry(), owner.Entry(device: tablet)] });

        var page = await PageAsync(FromStart() with { Device = tablet, OutcomesAfter = 1, MaxRows = 3 });
        Assert.Equal([2, 3], page.Outcomes.Select(outcome => outcome.Sequence));
        Assert.Equal((3, false), (page.Through, page.Complete));

        var rest = await PageAsync(FromStart() with { Device = tablet, After = page.Next, OutcomesAfter = page.Through });
        Assert.Equal([4], rest.Outcomes.Select(outcome => outcome.Sequence));
        Assert.Equal((4, true), (rest.Through, rest.Complete));

        Assert.Empty((await PageAsync(FromStart())).Outcomes);
        Assert.Empty((await PageAsync(FromStart() with { Device = Make.Device(55) })).Outcomes);
    }

    [Fact]
    public async Task Outcomes_of_a_commit_come_with_the_first_of_its_rows()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round(owner.Put("a"), owner.Put("b")) with { Operations = [owner.Entry(), owner.Entry()] });

        var page = await PageAsync(FromStart() with { Device = Owner.Phone, MaxRows = 1 });
        Assert.Equal((1, 2, 1L), (page.Rows.Length, page.Outcomes.Length, page.Through));
    }

    [Fact]
    public async Task A_page_is_cut_before_the_commit_that_would_pass_the_outcome_limit()
    {
        var owner = await OwnerAsync();
        foreach (var count in new[] { 2, 1, 3, 1 })
        {
            var entries = Enumerable.Range(0, count).Select(_ => owner.Entry());
            await owner.CommitAsync(owner.Round(owner.Put($"{owner.Head}")) with { Operations = [.. entries] });
        }

        var query = FromStart() with { Device = Owner.Phone, MaxOutcomes = 4 };
        var page = await PageAsync(query);
        Assert.Equal([1, 1, 2], page.Outcomes.Select(outcome => outcome.Sequence));
        Assert.Equal([1L, 2], page.Rows.Select(row => row.Sequence));
        Assert.Equal((2, false, ChangePosition.AfterSequence(2)), (page.Through, page.Complete, page.Next));

        var rest = await PageAsync(query with { After = page.Next, OutcomesAfter = page.Through });
        Assert.Equal((4, true), (rest.Outcomes.Length, rest.Complete));
    }

    [Fact]
    public async Task At_least_one_whole_commit_of_outcomes_is_returned_however_large()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync();
        await owner.CommitAsync(owner.Round() with { Operations = [.. Enumerable.Range(0, 5).Select(_ => owner.Entry())] });
        await owner.CommitAsync(owner.Round() with { Operations = [owner.Entry()] });

        var page = await PageAsync(FromStart() with { Device = Owner.Phone, MaxOutcomes = 2 });
        Assert.Equal([2, 2, 2, 2, 2], page.Outcomes.Select(outcome => outcome.Sequence));
        Assert.Equal((2, false), (page.Through, page.Complete));
    }

    [Fact]
    public async Task Outcomes_that_are_many_more_than_rows_come_each_once_with_the_page_that_reaches_them()
    {
        var owner = await OwnerAsync();
        for (var i = 0; i < 4; i++)
        {
            var entries = Enumerable.Range(0, 9).Select(_ => owner.Entry());
            await owner.CommitAsync(owner.Round(owner.Put($"{i}")) with { Operations = [.. entries] });
        }

        var (query, pages) = (FromStart() with { Device = Owner.Phone, MaxRows = 1 }, new List<ChangePage>());
        do
        {
            pages.Add(await PageAsync(query));
            query = query with { After = pages[^1].Next, OutcomesAfter = pages[^1].Through };
        }
        while (!pages[^1].Complete);

        Assert.Equal([9, 9, 9, 9], pages.Select(static page => page.Outcomes.Length));
        Assert.All(pages, static page => Assert.All(page.Outcomes, outcome => Assert.Equal(page.Rows[0].Sequence, outcome.Sequence)));
    }

    [Fact]
    public async Task A_page_whose_outcomes_lie_behind_its_rows_does_not_go_backwards()
    {
        var owner = await OwnerAsync();
        for (var i = 0; i < 4; i++) await owner.CommitAsync(owner.Round(owner.Put($"{i}")) with { Operations = [owner.Entry()] });

        var query = FromStart() with { Device = Owner.Phone, After = ChangePosition.AfterSequence(3), MaxOutcomes = 2 };
        var page = await PageAsync(query);
        Assert.Equal((0, 2, 2L, query.After), (page.Rows.Length, page.Outcomes.Length, page.Through, page.Next));

        var rest = await PageAsync(query with { After = page.Next, OutcomesAfter = page.Through });
        Assert.Equal((1, 2, true), (rest.Rows.Length, rest.Outcomes.Length, rest.Complete));
    }

    [Fact]
    public async Task Digests_come_with_a_complete_page_as_of_its_head()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Round(owner.Put("a"), owner.Put("b")) with { Digests = [new TypeDigest("notes", 8, 2)] });

        Assert.Equal([new TypeDigest("notes", 8, 2)], (await PageAsync(FromStart())).Digests.ToArray());
        Assert.Empty((await PageAsync(FromStart() with { MaxRows = 1 })).Digests);
    }
}
