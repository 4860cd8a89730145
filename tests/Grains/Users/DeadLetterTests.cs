using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;
using OrleansSync.Grains.Tests.Support;
using OrleansSync.Grains.Users;

namespace OrleansSync.Grains.Tests.Users;

/// <summary>What a log refuses of devices is kept whole, in the commit that refuses it.</summary>
public abstract class DeadLetterTests(StoreKind kind) : ChangeLogTests(kind)
{
    [Fact]
    public async Task I10_Every_rejection_of_a_device_that_is_on_record_is_a_dead_letter_and_nothing_else_is()
    {
        var world = await NewWorldAsync();
        await world.DoneAsync(world.A, world.A.Create("one"));
        var (gone, fine) = (world.A.UpdateOfGone("none"), world.A.Set("one", "title", "\"b\""));
        var follower = world.A.Set("none", "title", "\"c\"");
        var transaction = TestDevice.Transaction(world.B.Create("two"), world.B.UpdateOfGone("nothing"));
        await world.DoneAsync(world.A, gone, follower, fine);
        await world.DoneAsync(world.B, transaction);

        var letters = await LettersAsync(world);
        Assert.Equal(
            new[]
            {
                (gone.Id, RejectionReason.EntityGone), (follower.Id, RejectionReason.PredecessorRejected),
                (transaction[0].Id, RejectionReason.TransactionRejected), (transaction[1].Id, RejectionReason.EntityGone),
            }.ToHashSet(),
            letters.Select(static letter => (letter.Id, letter.Reason)).ToHashSet());
        foreach (var sent in new[] { gone, follower, transaction[0], transaction[1] })
        {
            var letter = letters.Single(letter => letter.Id == sent.Id);
            Assert.Equal(OperationEncoding.Encode(sent), OperationEncoding.Encode(letter.Operation));
            Assert.Equal((await world.JournalAsync(sent))!.Sequence, letter.Sequence);
            Assert.InRange(letter.RecordedAt, 1, world.Time.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }

    [Fact]
    public async Task I10_A_rejection_that_is_sent_again_or_whose_commit_fails_leaves_one_dead_letter()
    {
        foreach (var fault in Enum.GetValues<CommitFault>())
        {
            var world = await NewWorldAsync();
            await world.DoneAsync(world.A, world.A.Create("one"));
            var gone = world.A.UpdateOfGone("none");
            world.Store.NextCommits(fault);
            var first = await world.DoneAsync(world.A, gone);

            Assert.Equal(first, await world.DoneAsync(world.A, gone));
            Assert.Equal([gone.Id], (await LettersAsync(world)).Select(static letter => letter.Id));
        }
    }

    [Fact]
    public async Task I10_What_cannot_be_stored_is_a_dead_letter()
    {
        var world = await NewWorldAsync();
        // Of one that is refused, the store holds the refusal.
        world.Store.IsPoison = static entry => entry.Entity.Id == "poison" && entry.Outcome != OutcomeKind.Rejected;
        var poison = world.A.Create("poison");
        var outcome = Assert.Single(await world.DoneAsync(world.A, poison));

        Assert.Equal(RejectionReason.Unstorable, outcome.Reason);
        var letter = Assert.Single(await LettersAsync(world));
        Assert.Equal((poison.Id, RejectionReason.Unstorable, outcome.Sequence), (letter.Id, letter.Reason, letter.Sequence));
        Assert.NotEmpty(world.Errors.TakeErrors());
    }

    [Fact]
    public async Task R26_What_server_code_is_refused_and_a_reused_id_leave_no_dead_letter()
    {
        var world = await NewWorldAsync();
        var first = world.A.Create("one");
        await world.DoneAsync(world.A, first);
        var reused = Assert.Single(await world.DoneAsync(world.A, world.A.Create("two") with { Id = first.Id }));
        var write = Assert.Single(await world.WrittenAsync(
            "k", static write => write.Patch("tasks", "none", static patch => patch.Increment("n"))));

        Assert.Equal((RejectionReason.OperationReused, RejectionReason.EntityGone), (reused.Reason, write.Reason));
        Assert.Empty(await LettersAsync(world));
    }

    private static Task<IReadOnlyList<DeadLetter>> LettersAsync(World world) =>
        world.Store.ListDeadLettersAsync(new() { Scope = world.Scope }, default);
}

public sealed class DeadLetterOnMemoryTests() : DeadLetterTests(StoreKind.Memory);

public sealed class DeadLetterOnSqliteTests() : DeadLetterTests(StoreKind.Sqlite);

public sealed class DeadLetterOnPostgresTests() : DeadLetterTests(StoreKind.Postgres);
