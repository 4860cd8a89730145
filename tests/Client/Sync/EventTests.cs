using Grpc.Core;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Sync;

/// <summary>What an app hears of, on request (no automatic syncing).</summary>
public sealed class EventTests : WireTests
{
    private readonly SwitchedCredentials _credentials = new("first");

    private protected override SyncStoreOptions Change(SyncStoreOptions options) => options with { Credentials = _credentials };

    [Fact]
    public async Task R12_Conflicts_and_dead_letters_are_told_with_their_entity_and_applied_operations_are_not()
    {
        var events = Device.Store.EventsAsync();
        var receipts = new List<WriteReceipt>();
        foreach (var id in (string[])["applied", "merged", "superseded", "parked", "rejected"]) receipts.Add(await Device.PutAsync(id, "x"));
        Script.Rewrite = acknowledgement =>
        {
            acknowledgement.Outcomes[1].Kind = OutcomeKind.Merged;
            acknowledgement.Outcomes[2].Kind = OutcomeKind.Superseded;
            acknowledgement.Outcomes[3].Kind = OutcomeKind.Parked;
            acknowledgement.Outcomes[4].Kind = OutcomeKind.Rejected;
            acknowledgement.Outcomes[4].Rejection = new Rejection { Reason = RejectionReason.Conflict, Message = "somebody was quicker" };
        };
        await Device.Store.SyncNowAsync();

        SyncEvent Conflict(int index, string id, Core.OutcomeKind kind) => new SyncEvent.Conflict(receipts[index].Operations[0], "tasks", id, kind);
        Assert.Equal(
            [
                Conflict(1, "merged", Core.OutcomeKind.Merged),
                Conflict(2, "superseded", Core.OutcomeKind.Superseded),
                Conflict(3, "parked", Core.OutcomeKind.Parked),
                new SyncEvent.DeadLettered(receipts[4].Operations[0], "tasks", "rejected", "Conflict", "somebody was quicker"),
            ],
            await EndAsync(events));
    }

    [Fact]
    public async Task R12_A_batch_given_up_after_its_failures_is_told_once()
    {
        var events = Device.Store.EventsAsync();
        var receipt = await Device.PutAsync("a", "x");
        Script.OnBatch = _ => throw WireFaults.Internal();
        for (var i = 0; i < 5; i++) await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Script.OnBatch = null;
        await Device.Store.SyncNowAsync();

        var letter = Assert.IsType<SyncEvent.DeadLettered>(Assert.Single(await EndAsync(events)));
        Assert.Equal((receipt.Operations[0], "a", "OS1015"), (letter.Operation, letter.EntityId, letter.Code));
    }

    [Fact]
    public async Task R12_A_cursor_that_is_refused_is_told_at_its_start_and_at_its_end()
    {
        Script.Pages = _ => WirePages.Stream(WirePages.Complete(Script.Lineage, 7, WirePages.Task("a", 7, "one")));
        await Device.Store.SyncNowAsync();
        var events = Device.Store.EventsAsync();
        Script.Pages = request => request.Cursor.Sequence > 0
            ? throw WireFaults.Of(StatusCode.FailedPrecondition, "CURSOR_EXPIRED")
            : WirePages.Stream(WirePages.Complete(Script.Lineage, 9, WirePages.Task("b", 9, "two")));
        await Device.Store.SyncNowAsync();

        Assert.Equal([new SyncEvent.ResyncStarted(), new SyncEvent.Resynced()], await EndAsync(events));
    }

    [Fact]
    public async Task R12_An_upgrade_that_is_needed_and_a_device_that_is_refused_are_told()
    {
        var events = Device.Store.EventsAsync();
        Script.OnHandshake = _ => throw WireFaults.Of(StatusCode.FailedPrecondition, "PROTOCOL_VERSION", "version 1 is not served");
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Script.OnHandshake = _ => throw WireFaults.Of(StatusCode.PermissionDenied, "DEVICE_REVOKED");
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());

        var told = await EndAsync(events);
        Assert.Contains("version 1 is not served", Assert.IsType<SyncEvent.UpgradeRequired>(told[0]).Message, StringComparison.Ordinal);
        Assert.Equal("OS1008", Assert.IsType<SyncEvent.Refused>(told[1]).Code);
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public async Task R12_A_sign_in_that_is_needed_is_told_once_until_syncing_works_again()
    {
        var events = Device.Store.EventsAsync();
        Script.OnToken = token => { if (token != "second") throw WireFaults.TokenInvalid(); };
        for (var i = 0; i < 2; i++) await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        _credentials.Renewed = "second";
        await Device.Store.SyncNowAsync();
        Script.OnToken = _ => throw WireFaults.TokenInvalid();
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());

        var told = await EndAsync(events);
        Assert.Equal(2, told.Count);
        Assert.All(told, static one => Assert.Contains("OS1005", Assert.IsType<SyncEvent.SignedOut>(one).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_does_not_read_keeps_the_last_events_and_is_told_how_many_were_left_out()
    {
        var events = Device.Store.EventsAsync();
        for (var i = 0; i < 1_005; i++) Device.Store.Database.Events.Raise(new SyncEvent.UpgradeRequired($"{i}"));

        var told = await EndAsync(events);
        Assert.Equal((1_001, new SyncEvent.Missed(5), new SyncEvent.UpgradeRequired("5")), (told.Count, told[0], told[1]));
    }

    /// <summary>All that was told until the store closed.</summary>
    private async Task<List<SyncEvent>> EndAsync(IAsyncEnumerable<SyncEvent> events)
    {
        await Device.Store.DisposeAsync();
        return await events.ToListAsync();
    }
}
