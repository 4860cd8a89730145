using OrleansSync.Core.Tests.Merging.Histories;

namespace OrleansSync.Core.Tests.Merging;

/// <summary>Laws of single steps, in histories of any policy.</summary>
public sealed class HistoryLawTests
{
    private const int Sampled = 5_000;

    [Fact]
    public void I4_Replicas_that_saw_the_same_commits_hold_identical_bytes_wherever_rows_were_stored_between() =>
        Sample.Histories(HistoryGen.OfAny(), Sampled, static world =>
        {
            EntityRow? stored = null;
            foreach (var commit in world.Log)
            {
                if (stored is not null)
                    stored = RowEncoding.Decode(stored.Key, stored.Sequence, RowEncoding.EncodeDocument(stored), RowEncoding.EncodeMeta(stored));
                stored = Merge.Apply(stored, commit.Operation, Context(world, commit)).Row;
            }

            Assert.Equal(RowEncoding.EncodeDocument(world.Row!), RowEncoding.EncodeDocument(stored!));
            Assert.Equal(RowEncoding.EncodeMeta(world.Row!), RowEncoding.EncodeMeta(stored!));
            Assert.Equal(Digest.OfRow(world.Row), Digest.OfRow(stored));
        });

    [Fact]
    public void A_device_that_writes_on_top_of_what_it_sees_is_never_refused() =>
        Sample.Histories(HistoryGen.OfAny(), Sampled, static world =>
            Assert.All(world.Log, static commit => Assert.Equal(RejectionReason.None, commit.Result.Reason)));

    [Fact]
    public void A_row_moves_to_the_sequence_of_an_operation_of_its_generation_and_stays_untouched_by_one_of_a_lower() =>
        Sample.Histories(HistoryGen.OfAny(), Sampled, static world =>
        {
            EntityRow? before = null;
            foreach (var commit in world.Log)
            {
                if (ReferenceEquals(before, commit.Row)) Assert.Equal(OutcomeKind.Superseded, commit.Result.Kind);
                else Assert.Equal(commit.Sequence, commit.Row!.Sequence);
                if (commit.Operation.Base > 0 && commit.Operation.Generation < before?.Generation) Assert.Same(before, commit.Row);
                before = commit.Row;
            }
        });

    [Fact]
    public void Only_a_create_opens_a_generation_and_always_the_next() =>
        Sample.Histories(HistoryGen.OfAny(), Sampled, static world =>
        {
            var generation = 0;
            foreach (var commit in world.Log)
            {
                if (commit.Row!.Generation == generation) continue;
                Assert.Equal((OperationKind.Create, ++generation), (commit.Operation.Kind, commit.Row.Generation));
                Assert.Equal(commit.Sequence, commit.Row.Births[^1]);
            }
        });

    [Fact]
    public void The_time_of_deletion_is_that_of_the_commit_at_which_the_row_died_last() =>
        Sample.Histories(HistoryGen.OfAny(), Sampled, static world =>
        {
            var died = 0L;
            var dead = false;
            foreach (var commit in world.Log)
            {
                if (commit.Row!.Deleted && !dead) died = commit.Sequence;
                dead = commit.Row.Deleted;
                Assert.Equal(dead ? died : 0, commit.Row.DeletedAt);
            }
        });

    [Fact]
    public void I8_After_its_tombstone_is_purged_only_a_create_brings_an_entity_back()
    {
        var purges = 0;
        Sample.Histories(HistoryGen.OfAny(), Sampled, world =>
        {
            EntityRow? row = null;
            var purged = false;
            foreach (var commit in world.Log)
            {
                var before = row;
                row = Merge.Apply(row, commit.Operation, Context(world, commit)).Row;
                if (before is null && commit.Operation.Kind != OperationKind.Create) Assert.Null(row);
                if (before is not null && commit.Operation.Base > 0 && commit.Operation.Base < before.Birth) Assert.Same(before, row);
                // The first tombstone goes at once; what was on its way meets an absent entity, or one made anew.
                if (purged || row is not { Deleted: true }) continue;
                (row, purged) = (null, true);
                Interlocked.Increment(ref purges);
            }
        });
        Assert.True(purges > Sampled / 4, $"{purges} histories had a tombstone.");
    }

    private static MergeContext Context(World world, Commit commit) => new(world.Schema, commit.Sequence, commit.Sequence, Limits.Default);
}
