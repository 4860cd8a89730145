using System.Collections.Immutable;
using CsCheck;
using OrleansSync.Core.Tests.Merging;

namespace OrleansSync.Core.Tests.Drafts;

/// <summary>R44: what server code writes, on the rows that are there.</summary>
public sealed class DraftPlacementTests
{
    private const long Head = 40;
    private const long Clock = 1_000;

    private static readonly EntityKey Key = Make.Entity;

    private static readonly EntityRow Row = Rows(Make.Mixed,
        Make.Create(Make.A, 10, Make.Set("title", "\"a\""), Make.Set("note", "1"), Make.Add("n", 5), Make.Put("s", "x")),
        Make.Update(Make.B, 900, Make.Put("s", "x"), Make.Put("s", "y")))!;

    [Fact]
    public void R44_A_put_replaces_the_plain_fields_and_leaves_counters_and_sets()
    {
        var row = Merged(Make.Mixed, Row, Put(Make.Set("title", "\"b\""), Make.Set("n", "1"), Make.Set("s", "[]")));

        Assert.Equal("""{"n":5,"s":["x","y"],"title":"b"}""", Document(row));
        Assert.Equal(DeviceId.Backend, row!.Changes.First);
    }

    [Fact]
    public void R44_A_put_over_a_tombstone_opens_the_next_generation()
    {
        var dead = Rows(Make.Mixed, Make.Create(Make.A, 10, Make.Add("n", 5)), Make.Delete(Make.A, Clock))!;
        var row = Merged(Make.Mixed, dead, Put(Make.Set("title", "\"b\"")));

        Assert.Equal((2, false, """{"title":"b"}"""), (row!.Generation, row.Deleted, Document(row)));
    }

    [Fact]
    public void R44_A_removal_takes_an_element_whoever_has_added_it()
    {
        var row = Merged(Make.Mixed, Row, Patch(Make.Take("s", "x"), Make.Take("s", "absent"), Make.Put("s", "z"), Make.Add("n", 2)));
        Assert.Equal("""{"n":7,"note":1,"s":["y","z"],"title":"a"}""", Document(row));
    }

    [Fact]
    public void R44_A_patch_of_a_type_whose_last_writer_wins_keeps_the_fields_it_does_not_name()
    {
        var schema = Make.Mixed with { Policy = ConflictPolicy.LastWriterWins };
        var row = Merged(schema, Row, Patch(Make.Set("title", "\"b\"")));

        Assert.Equal("""{"n":5,"note":1,"s":["x","y"],"title":"b"}""", Document(row));
        Assert.Equal(DeviceId.Backend, row!.DocumentStamp.Device);
    }

    [Theory]
    [InlineData(ConflictPolicy.Manual)]
    [InlineData(ConflictPolicy.Custom)]
    public void R44_A_write_for_a_person_or_a_resolver_to_decide_about_carries_what_was_before(ConflictPolicy policy)
    {
        var schema = Make.Mixed with { Policy = policy };
        var placed = Place(schema, Row, Patch(Make.Set("title", "\"b\""), Make.Set("new", "1")));
        Assert.Equal(
            [("title", "\"a\""), ("new", null)],
            Assert.Single(placed.Operations).Before.Select(static image => (image.Field, image.Value?.ToString())));
    }

    [Fact]
    public void R44_A_change_that_does_not_fit_its_field_refuses_the_write_and_the_next_one_sees_nothing_of_it()
    {
        var placement = NewPlacement(Make.Mixed, Row);
        var refused = placement.Place([Patch(Make.Set("title", "\"b\"")), Patch(Make.Set("n", "1"))]);
        var next = placement.Place([Patch(Make.Set("title", "\"c\"")) with { Expected = Row.Sequence }]);

        Assert.Equal((1, RejectionReason.FieldKindMismatch), (refused.Refused, refused.Reason));
        Assert.Equal(-1, next.Refused);
    }

    [Fact]
    public void R44_A_write_that_expects_what_one_before_it_in_the_round_has_changed_is_refused()
    {
        var placement = NewPlacement(Make.Mixed, Row);
        placement.Place([Patch(Make.Set("title", "\"b\""))]);
        var stale = placement.Place([Patch(Make.Set("title", "\"c\"")) with { Expected = Row.Sequence }]);

        Assert.Equal((0, RejectionReason.Conflict), (stale.Refused, stale.Reason));
    }

    [Fact]
    public void R44_The_content_of_a_write_is_all_that_its_caller_said_and_nothing_that_the_log_adds()
    {
        OperationDraft[] write = [Put(Make.Set("title", "\"b\"")), Patch(Make.Add("n", 1))];
        var hash = OperationDraft.ContentHash(write);
        NewPlacement(Make.Mixed, Row).Place(write);

        Assert.Equal(hash, OperationDraft.ContentHash([.. write]));
        Assert.NotEqual(hash, OperationDraft.ContentHash(write[..1]));
        Assert.NotEqual(hash, OperationDraft.ContentHash([write[0], write[1] with { Expected = 0 }]));
        Assert.NotEqual(hash, OperationDraft.ContentHash([write[0], Patch(Make.Add("n", 2))]));
    }

    /// <summary>Whatever others did before: a write is never concurrent, and the merge does what was foretold.</summary>
    [Fact]
    public void R44_What_is_placed_is_merged_as_foretold_and_wins_under_every_policy()
    {
        var change = OneOf<FieldChange>(
            Make.Set("title", "\"z\""), Make.Remove("title"), Make.Add("n", 3), Make.Put("s", "x"), Make.Take("s", "x"));
        var draft = Gen.Select(Gen.Int[0, 3], change).Select(static (kind, change) => kind switch
        {
            0 => Put(Make.Set("title", "\"z\"")),
            1 => Delete(),
            _ => Patch(change),
        });
        var operation = Gen.Select(Gen.Int[1, 4].Select(Make.Device), Gen.Long[1, Clock], Gen.Int[0, 4], change).Select(
            static (device, counter, kind, change) => kind switch
            {
                0 => Make.Create(device, counter, change),
                1 => Make.Delete(device, counter),
                _ => Make.Update(device, counter, change),
            });
        var policy = OneOf(ConflictPolicy.FieldMerge, ConflictPolicy.LastWriterWins, ConflictPolicy.Manual, ConflictPolicy.Reject);
        Gen.Select(operation.Array[0, 6], draft.Array[1, 4], policy, OneOf(DeletePolicy.ByTimestamp, DeletePolicy.EditWins))
            .Sample((others, write, policy, onDelete) =>
            {
                var schema = Make.Mixed with { Policy = policy, OnDelete = onDelete };
                var row = Rows(schema, others);
                var placed = Place(schema, row, write);
                for (var i = 0; i < (placed.Refused < 0 ? write.Length : placed.Refused); i++)
                {
                    var merged = Merge.Apply(row, placed.Operations[i], Context(schema, Head + 1));
                    Assert.False(merged.Concurrent);
                    // A delete of what is not there is the one thing that can come to nothing.
                    if (write[i].Operation.Kind != OperationKind.Delete) Assert.Equal(OutcomeKind.Applied, merged.Kind);
                    else Assert.NotEqual(false, merged.Row?.Deleted);
                    row = merged.Row;
                }

                if (placed.Refused < 0) return;
                Assert.Equal((OperationKind.Update, RejectionReason.EntityGone), (write[placed.Refused].Operation.Kind, placed.Reason));
            });
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static DraftPlacement NewPlacement(EntitySchema schema, EntityRow? row) => new(
        new SyncSchema([schema]), Limits.Default, new(Head, Clock, 0),
        row is null ? ImmutableDictionary<EntityKey, EntityRow>.Empty : new Dictionary<EntityKey, EntityRow> { [Key] = row }, ByField);

    // A resolver that lets everything stand.
    private static MergeResult ByField(EntityRow? row, Operation operation, MergeContext context) => Merge.Apply(
        row, operation, context.Schema.Policy == ConflictPolicy.Custom ? context with { Schema = context.Schema with { Policy = ConflictPolicy.FieldMerge } } : context);

    private static PlacedWrite Place(EntitySchema schema, EntityRow? row, params OperationDraft[] write) =>
        NewPlacement(schema, row).Place(write);

    private static EntityRow? Merged(EntitySchema schema, EntityRow? row, params OperationDraft[] write)
    {
        var placed = Place(schema, row, write);
        Assert.Equal(RejectionReason.None, placed.Reason);
        foreach (var operation in placed.Operations) row = Merge.Apply(row, operation, Context(schema, Head + 1)).Row;
        return row;
    }

    /// <summary>What devices have made of the entity, each commit seen by the next.</summary>
    private static EntityRow? Rows(EntitySchema schema, params Operation[] operations)
    {
        EntityRow? row = null;
        var sequence = 0;
        foreach (var operation in operations)
        {
            sequence++;
            var reopens = row is { Deleted: true } && operation.Kind == OperationKind.Create;
            var known = row is null ? operation : operation.Knowing(row.Sequence, row.Generation + (reopens ? 1 : 0));
            var merged = Merge.Apply(row, known, Context(schema, sequence));
            if (merged.Kind != OutcomeKind.Rejected) row = merged.Row;
        }

        return row;
    }

    private static MergeContext Context(EntitySchema schema, long sequence) => new(schema, sequence, 0, Limits.Default);

    private static OperationDraft Put(params FieldChange[] changes) => new(Make.Create(DeviceId.Backend, 1, changes));

    private static OperationDraft Patch(params FieldChange[] changes) => new(Make.Update(DeviceId.Backend, 1, changes));

    private static OperationDraft Delete() => new(Make.Delete(DeviceId.Backend, 1));

    private static string Document(EntityRow? row) => System.Text.Encoding.UTF8.GetString(RowEncoding.EncodeDocument(row!));
}
