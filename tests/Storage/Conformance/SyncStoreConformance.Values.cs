using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task Load_returns_the_committed_rows_and_leaves_absent_ones_out()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"), owner.Put("b", deleted: true), owner.Put("a", type: "lists"));
        await owner.CommitAsync(owner.Put("a", "2"));

        EntityKey[] keys = [new("notes", "a"), new("notes", "b"), new("notes", "c"), new("notes", "\uD800"), new("notes", "a")];
        var rows = await Store.LoadAsync(Scope, keys, default);

        Assert.Equal(
            [Make.Row(keys[0], 2, "2"), Make.Row(keys[1], 1, "1", deleted: true)],
            rows.OrderBy(row => row.Key.Id, StringComparer.Ordinal),
            RowComparer.Instance);
    }

    [Fact]
    public async Task Every_column_of_a_row_comes_back()
    {
        var owner = await OwnerAsync();
        var (one, other) = (Make.Device(1), Make.Device(2));
        var row = new EntityRow
        {
            Key = new EntityKey("lists", "x"),
            Sequence = 1,
            Generation = 3,
            Deleted = true,
            DeletedAt = long.MaxValue,
            DocumentStamp = new Stamp(5, one),
            LastEdit = new Stamp(8, other),
            LastDelete = new Stamp(9, one),
            Birth = 1,
            Births = [1, 4, 7],
            Fields =
            [
                new CounterField("count", Int128.MaxValue),
                new PlainField("gone", new Stamp(6, one), null),
                new SetFieldValue("tags",
                [
                    new SetEntry(SetElement.Of(-3), [new ElementTag(one, 2, 0)]),
                    new SetEntry(SetElement.Of("é"), [new ElementTag(one, 2, 1), new ElementTag(other, 3, 0)]),
                ]),
                new PlainField("text", new Stamp(7, other), JsonValue.FromText("\"x\"")),
            ],
            Changes = default(DevicePair).With(one, 4).With(other, 6),
            Edits = default(DevicePair).With(other, 6),
        };
        await owner.CommitAsync(owner.Round(new RowChange(row, 0)));

        Assert.Equal(row, Assert.Single(await Store.LoadAsync(Scope, [row.Key], default)), RowComparer.Instance);
        Assert.Equal(row, Assert.Single((await PageAsync(FromStart())).Rows), RowComparer.Instance);
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("1")]
    [InlineData("1e2")]
    [InlineData("-0.0")]
    [InlineData("12345678901234567890.123456789012345678901234567890")]
    [InlineData("\"\\u0041\\/\\u00e9\"")]
    [InlineData("\"A/é \U0001F600\"")]
    [InlineData("\"\\u0000\"")]
    [InlineData("{ \"b\" : [ 1 , 2 ],\"a\":null }")]
    [InlineData("\"\"")]
    public async Task A_value_is_kept_as_its_writer_wrote_it(string json)
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a", json));
        Assert.Equal(json, Make.ValueOf(Assert.Single(await Store.LoadAsync(Scope, [new EntityKey("notes", "a")], default))));
    }

    [Fact]
    public async Task Ids_come_back_as_they_were_and_do_not_fold_into_each_other()
    {
        string[] ids =
        [
            "a", "A", "a ", " a", "'", "''", "\"", "a'; DROP TABLE scopes; --", "%", "_", "\\", "é", "e\u0301", "\u00A0", "\u200B", "0",
            "00", "\U0001F600", "\uFFFF", "\uFFFD", "\uE000", new string('x', 512), new string('é', 256),
            string.Concat(Enumerable.Repeat("\U0001F600", 128)),
        ];
        var owner = await OwnerAsync();
        await owner.CommitAsync([.. ids.Select((id, i) => owner.Put(id, $"{i}"))]);

        var loaded = await Store.LoadAsync(Scope, [.. ids.Select(id => new EntityKey("notes", id))], default);

        Assert.Equal(ids.Index().ToDictionary(x => x.Item, x => $"{x.Index}"), loaded.ToDictionary(row => row.Key.Id, Make.ValueOf));
    }

    [Fact]
    public async Task Rows_of_one_sequence_come_in_the_order_of_the_utf8_bytes_of_type_and_id()
    {
        // As UTF-16 the surrogates of the last two would come before U+E000 and U+FFFF.
        string[] ids =
        [
            " ", "A", "Z", "a", "aa", "a\u0301", "\u007F", "\u0080", "é", "\uD7FF", "\uE000", "\uFFFF", "\U00010000", "\U0010FFFF",
        ];
        var owner = await OwnerAsync();
        var rows = ids.Reverse().SelectMany(id => new[] { owner.Put(id, type: "b"), owner.Put(id, type: "B"), owner.Put(id, type: "b_") });
        await owner.CommitAsync([.. rows]);

        var expected = new[] { "B", "b", "b_" }.SelectMany(type => ids.Select(id => new EntityKey(type, id)));
        var pages = new Replica();
        await pages.PullAsync(Store, FromStart() with { MaxRows = 4 });

        Assert.Equal(expected, (await PageAsync(FromStart())).Rows.Select(row => row.Key));
        Assert.Equal(ids.Length * 3, pages.Rows.Count);
    }

    [Fact]
    public async Task Operations_are_found_by_id_and_unknown_ones_are_left_out()
    {
        var owner = await OwnerAsync();
        var tablet = (await Store.RegisterDeviceAsync(Scope, Make.Device(7), Make.Session(2), 2, default)).Device;
        JournalEntry[] entries =
        [
            owner.Entry(entity: "it's"),
            owner.Entry(device: tablet, outcome: OutcomeKind.Superseded)
                with { Kind = OperationKind.Delete, Counter = long.MaxValue, ContentHash = UInt128.MaxValue },
            owner.Entry(outcome: OutcomeKind.Rejected, reason: RejectionReason.StaleReplay)
                with { Kind = OperationKind.Create, ContentHash = 0 },
            owner.Entry(outcome: OutcomeKind.Parked),
        ];
        await owner.CommitAsync(owner.Round() with { Operations = [.. entries] });

        var known = entries[..3].Select(entry => entry.Operation);
        var found = await Store.FindOperationsAsync(Scope, [.. known, Make.OperationId(), entries[0].Operation], default);

        Assert.Equal(entries[..3].ToHashSet(), found.ToHashSet());
        Assert.Equal(3, found.Count);
    }
}
