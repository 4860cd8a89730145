using OrleansSync.Client.OpLog;
using OrleansSync.Client.Tests.Store;
using OrleansSync.Core;

namespace OrleansSync.Client.Tests.OpLog;

public sealed class OutcomeTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ModelServer _server = new(TestModel.Schema);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task I2_A_counter_counts_once_whichever_of_acknowledgement_and_page_comes_first_or_is_lost(bool acknowledged, bool before)
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var receipt = await store.Notes().PatchAsync("n1", patch => patch.Increment("minutes", 5));
        var batch = await TakeAsync(store);
        var answer = _server.Push(batch.Operations);

        if (acknowledged && before) await AcknowledgeAsync(store, answer);
        Assert.Equal(5, await MinutesAsync(store));
        await PullAsync(store);
        Assert.Equal(5, await MinutesAsync(store));
        if (acknowledged && !before) await AcknowledgeAsync(store, answer);
        if (!acknowledged) await store.Log.ReturnToPendingAsync([], CancellationToken.None);

        Assert.Equal(5, await MinutesAsync(store));
        Assert.Equal(OutcomeKind.Applied, (await receipt.Outcome).Kind);
        Assert.Empty(await store.LogAsync());
        Assert.Equal(EntitySyncState.Synced, await store.Notes().StateOfAsync("n1"));
        Assert.Null(await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, CancellationToken.None));
    }

    [Fact]
    public async Task An_acknowledged_operation_stays_over_the_server_row_until_the_cursor_covers_it()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "mine"));
        var batch = await TakeAsync(store);
        var others = _server.Pull(store.Log.State, 10) with { };
        await AcknowledgeAsync(store, _server.Push(batch.Operations));

        // A page read before the commit: it does not hold the write, and must not hide it.
        await store.Log.ApplyPageAsync(others, CancellationToken.None);
        Assert.Equal("mine", (await store.Notes().FindAsync("n1"))!.Title);
        Assert.Equal(EntitySyncState.Pending, await store.Notes().StateOfAsync("n1"));

        await PullAsync(store);
        Assert.Equal("mine", (await store.Notes().FindAsync("n1"))!.Title);
        Assert.Equal(EntitySyncState.Synced, await store.Notes().StateOfAsync("n1"));
    }

    [Fact]
    public async Task I1_What_stands_between_answered_operations_in_the_log_waits_on()
    {
        await using var store = await _folder.OpenAsync();
        foreach (var id in new[] { "n1", "n2", "n3", "n4" }) await store.Notes().PutAsync(new Note(id, "a"));
        var answer = _server.Push((await TakeAsync(store)).Operations);

        // Two neighbours, and one behind what has no answer yet.
        await AcknowledgeAsync(store, [answer[0], answer[1], answer[3]]);

        Assert.Equal((0, 1, 0), await DepthAsync(store));
        await store.Log.ReturnToPendingAsync([], CancellationToken.None);
        Assert.Equal(answer[2].Outcome.Operation, Assert.Single((await TakeAsync(store)).Operations).Id);
        await AcknowledgeAsync(store, [answer[2]]);
        await PullAsync(store);
        Assert.Empty(await store.LogAsync());
    }

    [Fact]
    public async Task I1_Outcomes_that_a_process_before_asked_for_settle_what_they_name_and_nothing_else()
    {
        List<OperationOutcome> answer;
        await using (var before = await _folder.OpenAsync())
        {
            foreach (var id in new[] { "n1", "n2", "n3" }) await before.Notes().PutAsync(new Note(id, "a"));
            answer = _server.Push((await TakeAsync(before)).Operations);
        }

        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n4", "a"));
        await store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 1_000), CancellationToken.None);

        Assert.Equal(3, answer.Count);
        Assert.Equal("n4", Assert.Single(await store.LogAsync()).Entity.Id);
        Assert.Equal((1, 0, 0), await DepthAsync(store));
    }

    [Fact]
    public async Task R11_A_receipt_completes_from_an_outcome_that_a_page_brings()
    {
        await using var store = await _folder.OpenAsync();
        var receipt = await store.Notes().PutAsync(new Note("n1", "a"));
        _server.Push((await TakeAsync(store)).Operations);
        Assert.False(receipt.Outcome.IsCompleted);

        await PullAsync(store);

        Assert.Equal(new WriteOutcome(OutcomeKind.Applied), await receipt.Outcome.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task I10_A_rejected_operation_leaves_the_row_at_once_and_stays_among_the_dead_letters_with_its_reason()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await AcknowledgeAsync(store, _server.Push((await TakeAsync(store)).Operations));
        await PullAsync(store);
        var receipt = await store.Notes().PatchAsync("n1", patch => patch.Set("title", "refused").Increment("minutes", 3));
        var operation = (await TakeAsync(store)).Operations[0];

        await AcknowledgeAsync(store, [new OperationOutcome(new Outcome(operation.Id, OutcomeKind.Rejected, 2, RejectionReason.EntityGone), "It is gone.")]);

        Assert.Equal(new WriteOutcome(OutcomeKind.Rejected, RejectionReason.EntityGone, "It is gone."), await receipt.Outcome);
        Assert.Equal(new Note("n1", "a"), await store.Notes().FindAsync("n1"));
        Assert.Equal(EntitySyncState.DeadLetter, await store.Notes().StateOfAsync("n1"));
        var letter = Assert.Single(await LettersAsync(store));
        Assert.Equal((operation.Id, RejectionReason.EntityGone, "It is gone.", 2), (letter.Operation, letter.Reason, letter.Message, letter.Changes.Length));
        Assert.Equal((0, 0, 1), await DepthAsync(store));
    }

    [Fact]
    public async Task A_transaction_of_which_one_operation_is_refused_is_a_rejected_write_with_that_reason()
    {
        await using var store = await _folder.OpenAsync();
        var receipt = await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n1", "a"));
            tx.Put(store.Notes(), new Note("n2", "b"));
        });
        var operations = (await TakeAsync(store)).Operations;

        await AcknowledgeAsync(store,
        [
            new OperationOutcome(new Outcome(operations[0].Id, OutcomeKind.Rejected, 1, RejectionReason.TransactionRejected), null),
            new OperationOutcome(new Outcome(operations[1].Id, OutcomeKind.Rejected, 1, RejectionReason.DocumentTooLarge), "too large"),
        ]);

        Assert.Equal(new WriteOutcome(OutcomeKind.Rejected, RejectionReason.DocumentTooLarge, "too large"), await receipt.Outcome);
        Assert.Equal(0, await store.Notes().CountAsync());
        Assert.Equal(2, (await LettersAsync(store)).Count);
    }

    [Fact]
    public async Task A_parked_operation_leaves_the_row_and_marks_the_entity_as_in_conflict()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var operation = (await TakeAsync(store)).Operations[0];

        await AcknowledgeAsync(store, [new OperationOutcome(new Outcome(operation.Id, OutcomeKind.Parked, 1), null)]);
        await PullAsync(store);

        Assert.Null(await store.Notes().FindAsync("n1"));
        Assert.Equal(EntitySyncState.Conflict, await store.Notes().StateOfAsync("n1"));
    }

    [Fact]
    public async Task R9_Answered_failures_end_among_the_dead_letters_after_the_fifth_and_transport_failures_never_do()
    {
        await using var store = await _folder.OpenAsync();
        var receipt = await store.Notes().PutAsync(new Note("n1", "a"));
        for (var i = 1; i <= 5; i++)
        {
            Assert.False(receipt.Outcome.IsCompleted);
            Assert.Equal((1, 0, 0), await DepthAsync(store));
            await TakeAsync(store);
            await store.Log.ReturnToPendingAsync([], CancellationToken.None);
            var batch = await TakeAsync(store);
            await store.Log.RecordFailureAsync([batch.Operations[0].Id], new OperationFailure("INTERNAL", "broken", Permanent: false), CancellationToken.None);
        }

        Assert.Equal((0, 0, 1), await DepthAsync(store));
        Assert.Equal(new WriteOutcome(OutcomeKind.Rejected, RejectionReason.None, "INTERNAL: broken"), await receipt.Outcome);
        var letter = Assert.Single(await LettersAsync(store));
        Assert.Equal(("INTERNAL", "broken", 5), (letter.Code, letter.Message, letter.Failures));
        Assert.Null(await store.Notes().FindAsync("n1"));
    }

    [Fact]
    public async Task A_permanent_failure_takes_its_whole_transaction_at_once()
    {
        await using var store = await _folder.OpenAsync();
        await store.TransactionAsync(tx =>
        {
            tx.Put(store.Notes(), new Note("n1", "a"));
            tx.Put(store.Notes(), new Note("n2", "b"));
        });
        var operations = (await TakeAsync(store)).Operations;

        await store.Log.RecordFailureAsync([operations[1].Id], new OperationFailure("INVALID_ARGUMENT", "bad", Permanent: true), CancellationToken.None);

        Assert.Equal((0, 0, 2), await DepthAsync(store));
        Assert.Equal(0, await store.Notes().CountAsync());
    }

    [Fact]
    public async Task I10_What_was_given_up_and_yet_reached_the_server_is_no_dead_letter_any_more()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().PatchAsync("n1", patch => patch.Increment("minutes", 5));
        var operations = (await TakeAsync(store)).Operations;
        await store.Log.RecordFailureAsync([.. operations.Select(one => one.Id)], new OperationFailure("UNKNOWN", "?", Permanent: true), CancellationToken.None);
        Assert.Equal(2, (await LettersAsync(store)).Count);

        _server.Push(operations);
        await PullAsync(store);

        Assert.Empty(await LettersAsync(store));
        Assert.Equal(5, await MinutesAsync(store));
    }

    [Fact]
    public async Task Retrying_a_dead_letter_writes_a_new_operation_with_a_new_timestamp_on_the_entity_as_it_is()
    {
        await using var store = await _folder.OpenAsync();
        var device = await OtherDeviceAsync("sum of others", 7);
        await PullAsync(store);
        await store.Notes().PatchAsync("n1", patch => patch.Increment("minutes", 3).Set("title", "mine"));
        var refused = (await TakeAsync(store)).Operations[0];
        await AcknowledgeAsync(store, [new OperationOutcome(new Outcome(refused.Id, OutcomeKind.Rejected, 2, RejectionReason.Unstorable), null)]);

        var receipt = await Assert.Single(await LettersAsync(store)).RetryAsync();

        var retried = Assert.Single(await store.LogAsync());
        Assert.Equal(receipt.Operations, [retried.Id]);
        Assert.NotEqual(refused.Id, retried.Id);
        Assert.True(retried.Counter > refused.Counter);
        Assert.Equal(refused.Changes.ToArray(), retried.Changes.ToArray());
        Assert.Equal((10L, "mine"), (await MinutesAsync(store), (await store.Notes().FindAsync("n1"))!.Title));
        Assert.Empty(await LettersAsync(store));
        await device.DisposeAsync();
    }

    [Fact]
    public async Task Retrying_changes_of_an_entity_that_is_gone_creates_it()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        await store.Notes().UpdateAsync("n1", note => note with { Title = "b" });
        var operations = (await TakeAsync(store)).Operations;
        await AcknowledgeAsync(store, [.. operations.Select(one => new OperationOutcome(new Outcome(one.Id, OutcomeKind.Rejected, 1, RejectionReason.EntityGone), null))]);

        await (await LettersAsync(store))[1].RetryAsync();

        Assert.Equal("b", (await store.Notes().FindAsync("n1"))!.Title);
        Assert.Equal(OperationKind.Create, (await store.LogAsync())[^1].Kind);
    }

    [Fact]
    public async Task A_discarded_letter_is_gone_and_can_be_neither_retried_nor_discarded_again()
    {
        await using var store = await _folder.OpenAsync();
        await store.Notes().PutAsync(new Note("n1", "a"));
        var operations = (await TakeAsync(store)).Operations;
        await store.Log.RecordFailureAsync([operations[0].Id], new OperationFailure("INVALID_ARGUMENT", "bad", Permanent: true), CancellationToken.None);
        var letter = Assert.Single(await LettersAsync(store));

        await letter.DiscardAsync();

        Assert.Empty(await store.LogAsync());
        Assert.Equal("OS3009", (await Assert.ThrowsAsync<SyncException>(() => letter.DiscardAsync())).Code);
        Assert.Equal("OS3009", (await Assert.ThrowsAsync<SyncException>(() => letter.RetryAsync())).Code);
    }

    /// <summary>Another device's entity on the server.</summary>
    private async Task<SyncStore> OtherDeviceAsync(string title, long minutes)
    {
        var other = await _folder.OpenAsync("other.db");
        await other.Notes().PutAsync(new Note("n1", title));
        await other.Notes().PatchAsync("n1", patch => patch.Increment("minutes", minutes));
        _server.Push((await TakeAsync(other)).Operations);
        return other;
    }

    private static async Task<OperationBatch> TakeAsync(SyncStore store) =>
        (await store.Log.TakeBatchAsync(new HashSet<EntityKey>(), Limits.Default, long.MaxValue, CancellationToken.None))!;

    private Task AcknowledgeAsync(SyncStore store, List<OperationOutcome> answer) =>
        store.Log.AcknowledgeAsync(answer, _server.Clock, CancellationToken.None);

    private Task PullAsync(SyncStore store) => store.Log.ApplyPageAsync(_server.Pull(store.Log.State, 1_000), CancellationToken.None);

    private static async Task<long> MinutesAsync(SyncStore store) => (await store.Notes().FindAsync("n1"))!.Minutes;

    private static async Task<List<DeadLetter>> LettersAsync(SyncStore store)
    {
        var letters = new List<DeadLetter>();
        await foreach (var letter in store.DeadLetters.ListAsync()) letters.Add(letter);
        return letters;
    }

    private static async Task<(int Pending, int InFlight, int DeadLetters)> DepthAsync(SyncStore store)
    {
        var depth = await store.Log.DepthAsync(CancellationToken.None);
        return (depth.Pending, depth.InFlight, depth.DeadLetters);
    }
}
