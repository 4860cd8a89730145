using OrleansSync.Core;
using OrleansSync.Grains.Storage;
using OrleansSync.Storage.Tests.Support;

namespace OrleansSync.Storage.Tests.Conformance;

public abstract partial class SyncStoreConformance
{
    [Fact]
    public async Task I10_A_dead_letter_is_written_with_the_rejection_and_comes_back_whole()
    {
        var owner = await OwnerAsync();
        var plain = Letter(owner, RejectionReason.Conflict);
        var full = Letter(owner, RejectionReason.ResolverFailed) with { Message = "Exception: it's \"é\" \U0001F600" };
        full = full with
        {
            Operation = full.Operation with
            {
                Entity = new EntityKey("notes", "it's é"),
                Base = 3,
                Seen = 4,
                Generation = 2,
                WholeDocumentCounter = 1,
                Changes =
                [
                    new SetField("a", JsonValue.FromText("{ \"x\" : \"\\u0000\" }")), new RemoveField("b"), new IncrementField("n", -7),
                    new AddElement("s", SetElement.Of("é"), 1, [new ElementTag(Owner.Phone, 2, 0)]), new RemoveElement("s", SetElement.Of(-3), []),
                ],
                Before = [new BeforeImage("a", null), new BeforeImage("b", JsonValue.FromText("1.0"))],
                Transaction = new TransactionRef(new TransactionId(Make.OperationId().Value), 1, 2),
            },
        };
        await owner.CommitAsync(Refusing(owner, plain, full));

        Assert.Null(await Store.FindDeadLetterAsync(Scope, Make.OperationId(), default));
        Assert.Null(await Store.FindDeadLetterAsync(ScopeId.ForUser("bob"), plain.Id, default));
        foreach (var letter in new[] { plain, full }) AssertSame(letter, await Store.FindDeadLetterAsync(Scope, letter.Id, default));
        Assert.Equal(2, (await Store.FindOperationsAsync(Scope, [plain.Id, full.Id], default)).Count);
    }

    [Fact]
    public async Task I7_A_commit_that_is_refused_leaves_no_dead_letter()
    {
        var owner = await OwnerAsync();
        await owner.CommitAsync(owner.Put("a"));
        var (stale, torn, beside) = (Letter(owner), Letter(owner), Letter(owner));

        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(Refusing(owner, stale) with { Epoch = owner.Epoch - 1 }));
        // Merged from a row that is not there.
        var round = Refusing(owner, torn) with { Rows = [new RowChange(Make.Row(new("notes", "a"), owner.Head + 1, "2"), 7)] };
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(round));
        await owner.CommitAsync(Refusing(owner, beside));
        // Its operation is in the journal by now.
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(Refusing(owner, beside with { Sequence = owner.Head + 1 })));

        Assert.Equal([beside.Id], (await ListAsync()).Select(static letter => letter.Id));
        AssertSame(beside, await Store.FindDeadLetterAsync(Scope, beside.Id, default));
    }

    [Fact]
    public async Task I10_A_dead_letter_is_of_an_operation_that_its_commit_refuses()
    {
        var owner = await OwnerAsync();
        var letter = Letter(owner);
        ScopeCommit[] wrong =
        [
            owner.Round() with { DeadLetters = [letter] },
            owner.Round() with { Operations = [owner.Entry(letter.Id)], DeadLetters = [letter] },
            Refusing(owner, letter) with { DeadLetters = [letter, letter] },
            Refusing(owner, letter) with { DeadLetters = [letter with { Sequence = 7 }] },
        ];

        foreach (var commit in wrong) await Assert.ThrowsAsync<InvalidOperationException>(() => Store.CommitAsync(commit, default));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task I10_What_is_taken_out_of_the_inbox_may_leave_a_letter_of_a_device_that_has_no_part_in_the_commit()
    {
        var owner = await OwnerAsync();
        var laptop = new DeviceId(Make.OperationId().Value);
        await Store.RegisterDeviceAsync(Scope, laptop, Make.Session(2), registeredAt: 1_000, default);
        var waiting = Letter(owner).Operation with { Device = laptop };
        var row = ParkedOperation.KeyOf(waiting.Id);
        await owner.CommitAsync(owner.Put(row.Id, type: row.Type));
        var letter = new DeadLetter(waiting, RejectionReason.Conflict, "Nobody decided.", owner.Head + 1, 1_002);
        var changed = owner.Round(owner.Put(row.Id, type: row.Type)) with { DeadLetters = [letter] };
        await Assert.ThrowsAsync<InvalidOperationException>(() => Store.CommitAsync(changed, default));
        Assert.Empty(await ListAsync());

        await owner.CommitAsync(owner.Round(owner.Put(row.Id, type: row.Type, deleted: true)) with { DeadLetters = [letter] });

        AssertSame(letter, Assert.Single(await ListAsync()));
        Assert.Equal(0, (await Store.ListDevicesAsync(Scope, default)).Single(device => device.Device == laptop).Counter);
    }

    [Fact]
    public async Task A_message_that_has_no_stored_form_is_told_and_nothing_is_committed()
    {
        var owner = await OwnerAsync();
        foreach (var message in new[] { "\0", "\uD800" })
            Assert.Equal(CommitResult.Unstorable, await owner.TryCommitAsync(Refusing(owner, Letter(owner) with { Message = message })));
        Assert.Equal("\uFFFD\uFFFD1\U0001F600", StorableText.Bounded("\0\uD8001\U0001F600\U0001F600", 6));
        await owner.CommitAsync(owner.Put("a"));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task R26_Dead_letters_are_listed_latest_first_page_by_page_and_only_of_their_scope()
    {
        var (owner, other) = (await OwnerAsync(), await OwnerAsync(ScopeId.ForUser("bob")));
        await other.CommitAsync(Refusing(other, Letter(other)));
        var letters = new List<DeadLetter>();
        for (var i = 0; i < 3; i++)
        {
            DeadLetter[] round = [Letter(owner), Letter(owner)];
            letters.AddRange(round);
            await owner.CommitAsync(Refusing(owner, round));
        }

        var expected = letters.OrderByDescending(static letter => letter.Sequence)
            .ThenByDescending(static letter => letter.Id.Value.ToByteArray(bigEndian: true), Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right)))
            .Select(static letter => letter.Id).ToList();
        var paged = new List<OperationId>();
        for (DeadLetterPosition? before = null; ;)
        {
            var page = await Store.ListDeadLettersAsync(new() { Scope = Scope, Before = before, MaxLetters = 4 }, default);
            paged.AddRange(page.Select(static letter => letter.Id));
            if (page.Count < 4) break;
            before = DeadLetterPosition.Of(page[^1]);
        }

        Assert.Equal(expected, paged);
        Assert.Empty(await Store.ListDeadLettersAsync(new() { Scope = ScopeId.ForUser("nobody") }, default));
    }

    [Fact]
    public async Task R26_A_dead_letter_is_removed_once_and_the_journal_and_the_owner_stay()
    {
        var (owner, other) = (await OwnerAsync(), await OwnerAsync(ScopeId.ForUser("bob")));
        var letter = Letter(owner);
        await owner.CommitAsync(Refusing(owner, letter));

        Assert.False(await Store.RemoveDeadLetterAsync(other.Scope, letter.Id, default));
        Assert.True(await Store.RemoveDeadLetterAsync(Scope, letter.Id, default));
        Assert.False(await Store.RemoveDeadLetterAsync(Scope, letter.Id, default));
        Assert.False(await Store.RemoveDeadLetterAsync(ScopeId.ForUser("nobody"), letter.Id, default));

        Assert.Null(await Store.FindDeadLetterAsync(Scope, letter.Id, default));
        Assert.Equal(OutcomeKind.Rejected, Assert.Single(await Store.FindOperationsAsync(Scope, [letter.Id], default)).Outcome);
        await owner.CommitAsync(owner.Put("a"));
    }

    [Fact]
    public async Task I11_Of_the_letters_before_a_commit_the_latest_1000_stay()
    {
        var (owner, other) = (await OwnerAsync(), await OwnerAsync(ScopeId.ForUser("bob")));
        await other.CommitAsync(Refusing(other, Letter(other)));
        var first = Letter(owner);
        await owner.CommitAsync(Refusing(owner, first));
        var rest = Enumerable.Range(0, DeadLetter.MaxKept).Select(_ => Letter(owner)).ToArray();
        await owner.CommitAsync(Refusing(owner, rest));
        // A commit without letters trims nothing.
        await owner.CommitAsync(owner.Put("a"));
        Assert.NotNull(await Store.FindDeadLetterAsync(Scope, first.Id, default));

        var last = Letter(owner);
        await owner.CommitAsync(Refusing(owner, last));

        var kept = await Store.ListDeadLettersAsync(new() { Scope = Scope, MaxLetters = 5_000 }, default);
        Assert.Equal(DeadLetter.MaxKept + 1, kept.Count);
        Assert.Equal(last.Id, kept[0].Id);
        Assert.Equal(rest.Select(static letter => letter.Id).ToHashSet(), kept.Skip(1).Select(static letter => letter.Id).ToHashSet());
        Assert.Single(await Store.ListDeadLettersAsync(new() { Scope = other.Scope }, default));
    }

    [Fact]
    public async Task Commits_with_and_without_dead_letters_share_a_group()
    {
        Owner[] owners = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => OwnerAsync(ScopeId.ForUser($"u{i}"))));
        for (var round = 0; round < 3; round++)
        {
            var results = await Task.WhenAll(owners.Select((owner, i) => owner.TryCommitAsync(i % 3 == 0
                ? Refusing(owner, Letter(owner), Letter(owner)) with { Rows = [owner.Put("a", $"{round}")] }
                : owner.Round(owner.Put("a", $"{round}")))));
            Assert.All(results, static result => Assert.Equal(CommitResult.Committed, result));
        }

        foreach (var (i, owner) in owners.Index())
        {
            var letters = await Store.ListDeadLettersAsync(new() { Scope = owner.Scope }, default);
            Assert.Equal(i % 3 == 0 ? 6 : 0, letters.Count);
            Assert.Equal("2", Make.ValueOf(Assert.Single(await Store.LoadAsync(owner.Scope, [new EntityKey("notes", "a")], default))));
        }
    }

    [Fact]
    public async Task R26_Dead_letters_recorded_before_a_moment_go_and_at_most_so_many()
    {
        var owner = await OwnerAsync();
        var letters = new List<DeadLetter>();
        for (var i = 0; i < 4; i++)
        {
            letters.Add(Letter(owner));
            await owner.CommitAsync(Refusing(owner, letters[^1]));
        }

        // Letters of this suite say that they were recorded at the time of their sequence.
        var request = new PurgeRequest { Scope = Scope, DeletedBefore = 0, JournaledBefore = 0, DeadLettersBefore = 1_003, MaxRows = 5 };
        Assert.Equal(default, await Store.PurgeAsync(request with { DeadLettersBefore = 1_001 }, default));
        Assert.Equal(new PurgeResult(0, 0, 0, 2), await Store.PurgeAsync(request, default));
        Assert.Equal(letters[2..].Select(static letter => letter.Id).Reverse(), (await ListAsync()).Select(static letter => letter.Id));
        Assert.Equal(1, (await Store.PurgeAsync(request with { DeadLettersBefore = Always, MaxRows = 1 }, default)).DeadLetters);
        Assert.Equal([letters[3].Id], (await ListAsync()).Select(static letter => letter.Id));
        // The owner claims anew, as after every purge that has removed something.
        Assert.Equal(CommitResult.Refused, await owner.TryCommitAsync(owner.Round()));
        Assert.Equal(0, (await Store.ReadScopeAsync(Scope, default))!.Horizon);
    }

    [Fact]
    public async Task R26_A_record_of_the_journal_has_the_time_of_its_commit()
    {
        var owner = await OwnerAsync();
        var (entry, before) = (owner.Entry(), DateTimeOffset.UtcNow.AddSeconds(-5));
        await owner.CommitAsync(owner.Round() with { Operations = [entry] });

        var record = await Store.FindRecordAsync(Scope, entry.Operation, default);
        Assert.Equal(entry, record!.Entry);
        Assert.InRange(record.CommittedAt, before.ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddSeconds(5).ToUnixTimeMilliseconds());
        Assert.Null(await Store.FindRecordAsync(Scope, Make.OperationId(), default));
        Assert.Null(await Store.FindRecordAsync(ScopeId.ForUser("nobody"), entry.Operation, default));
    }

    private static DeadLetter Letter(Owner owner, RejectionReason reason = RejectionReason.EntityGone)
    {
        var operation = new Operation
        {
            Id = Make.OperationId(),
            Device = Owner.Phone,
            Entity = new EntityKey("notes", "a"),
            Kind = OperationKind.Update,
            Counter = owner.Head + 1,
            Changes = [new SetField("v", JsonValue.FromText("1"))],
        };
        return new DeadLetter(operation, reason, null, owner.Head + 1, 1_000 + owner.Head + 1);
    }

    private static ScopeCommit Refusing(Owner owner, params DeadLetter[] letters) => owner.Round() with
    {
        Operations = [.. letters.Select(letter => owner.Entry(letter.Id, outcome: OutcomeKind.Rejected, reason: letter.Reason))],
        DeadLetters = [.. letters],
    };

    private Task<IReadOnlyList<DeadLetter>> ListAsync() => Store.ListDeadLettersAsync(new() { Scope = Scope }, default);

    private static void AssertSame(DeadLetter expected, DeadLetter? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(OperationEncoding.Encode(expected.Operation), OperationEncoding.Encode(actual.Operation));
        Assert.Equal(
            (expected.Reason, expected.Message, expected.Sequence, expected.RecordedAt),
            (actual.Reason, actual.Message, actual.Sequence, actual.RecordedAt));
    }
}
