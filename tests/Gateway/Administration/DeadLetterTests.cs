using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Backend;
using OrleansSync.Client;
using OrleansSync.Gateway.Tests.Life;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;
using Core = OrleansSync.Core;

namespace OrleansSync.Gateway.Tests.Administration;

/// <summary>What real devices wrote and the server refused, as an operator finds and settles it.</summary>
public sealed class DeadLetterTests(AdminServer server) : IClassFixture<AdminServer>
{
    [Fact]
    public async Task I10_R26_What_a_strict_type_refused_is_listed_with_its_reason_inspected_and_replayed_to_all_devices()
    {
        var (user, a, b, operation) = await ConflictAsync();
        var admin = new Operator(server.Life.Server, user);

        var listed = Assert.Single(await admin.ListAsync());
        Assert.Equal((operation, "payments", "1", RejectionReason.Conflict), (listed.OperationId, listed.Type, listed.EntityId, listed.Rejection.Reason));
        Assert.Null(listed.Operation);
        var letter = await admin.GetAsync(operation);
        Assert.Equal(
            ["cents", "state"], letter.Operation.Changes.Select(static change => change.Field).Order());
        Assert.Contains("Another device changed the entity", letter.Rejection.Message, StringComparison.Ordinal);
        Assert.True(letter.Sequence > 0 && letter.RecordedAt > 0);

        var replayed = await admin.ReplayAsync(operation);
        Assert.Equal((OutcomeKind.Applied, false), (replayed.Outcome.Kind, replayed.Before));
        await LifeServer.SyncAsync(a, b);

        foreach (var device in new[] { a, b })
            Assert.Equal(("cancelled", "107"), (await device.TextAsync("payments", "1", "state"), await device.TextAsync("payments", "1", "cents")));
        Assert.Empty(await admin.ListAsync());
        Assert.Equal(replayed.Outcome, (await admin.ReplayAsync(operation)).Outcome);
        Assert.True((await admin.ReplayAsync(operation)).Before);
        await StatusAssert.ThrowsAsync(StatusCode.NotFound, "DEAD_LETTER_UNKNOWN", () => admin.GetAsync(operation));
        Assert.Equal("107", await a.TextAsync("payments", "1", "cents"));
    }

    [Fact]
    public async Task I2_R26_Two_operators_who_replay_at_once_have_one_effect()
    {
        var (user, a, b, operation) = await ConflictAsync();
        var admin = new Operator(server.Life.Server, user);

        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => admin.ReplayAsync(operation)));

        Assert.Single(replies.Select(static reply => reply.Outcome).Distinct());
        Assert.Single(replies, static reply => !reply.Before);
        await LifeServer.SyncAsync(a, b);
        Assert.Equal("107", await b.TextAsync("payments", "1", "cents"));
    }

    [Fact]
    public async Task R26_A_letter_is_edited_as_it_is_replayed_and_another_is_discarded()
    {
        var (user, a, b, operation) = await ConflictAsync();
        var admin = new Operator(server.Life.Server, user);
        var edited = await admin.ReplayAsync(operation, false, TestDevice.Set("state", "\"refunded\""), TestDevice.Increment("cents", -100));
        Assert.Equal(OutcomeKind.Applied, edited.Outcome.Kind);
        await LifeServer.SyncAsync(a, b);
        Assert.Equal(("refunded", "0"), (await a.TextAsync("payments", "1", "state"), await a.TextAsync("payments", "1", "cents")));

        var (other, _, device, second) = await ConflictAsync();
        admin = new Operator(server.Life.Server, other);
        Assert.True(await admin.DiscardAsync(second));
        Assert.False(await admin.DiscardAsync(second));
        Assert.Empty(await admin.ListAsync());
        await StatusAssert.ThrowsAsync(StatusCode.NotFound, "DEAD_LETTER_UNKNOWN", () => admin.ReplayAsync(second));
        // The device's own letter is the device's matter.
        Assert.Single(await device.DeadLetters.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task I10_R26_A_resolver_that_fails_leaves_a_letter_with_what_it_failed_with()
    {
        var user = SharedServer.NewUser();
        var (a, admin) = (await server.Life.OpenAsync(user, "a"), new Operator(server.Life.Server, user));
        await a.Collection("offers").PutAsync(new SyncDocument("1", new JsonObject { ["price"] = 100 }));
        await a.SyncNowAsync();
        await a.Collection("offers").PatchAsync("1", static patch => patch.Set("price", "much"));
        await a.SyncNowAsync();

        var letter = Assert.Single(await admin.ListAsync());
        Assert.Equal(RejectionReason.ResolverFailed, letter.Rejection.Reason);
        Assert.StartsWith("InvalidOperationException: ", letter.Detail, StringComparison.Ordinal);
        Assert.InRange(letter.Detail.Length, 30, 500);
        var refused = await admin.ReplayAsync(letter.OperationId);
        Assert.Equal((OutcomeKind.Rejected, RejectionReason.ResolverFailed), (refused.Outcome.Kind, refused.Outcome.Rejection.Reason));
        Assert.Single(await admin.ListAsync());
        Assert.Equal(OutcomeKind.Applied, (await admin.ReplayAsync(letter.OperationId, false, TestDevice.Set("price", "120"))).Outcome.Kind);
        Assert.All(server.Life.Server.TakeErrors(), static error => Assert.Contains("The resolver of type offers failed", error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task R26_What_was_refused_because_its_entity_is_gone_is_replayed_as_a_create()
    {
        var (user, admin) = NewOperator();
        var device = await TestDevice.OpenAsync(server.Life.Server, user);
        var late = device.Update("tasks", "gone", TestDevice.Set("title", "\"late\""), TestDevice.Increment("minutes", 5));
        late.Base = 1;
        Assert.Equal(RejectionReason.EntityGone, (await device.PushAsync(late)).Outcomes[0].Rejection.Reason);

        Assert.Equal(RejectionReason.EntityGone, (await admin.ReplayAsync(late.Id)).Outcome.Rejection.Reason);
        Assert.Equal(OutcomeKind.Applied, (await admin.ReplayAsync(late.Id, asCreate: true)).Outcome.Kind);
        var row = (await device.PullAsync()).Row("tasks", "gone");
        Assert.Equal(("\"late\"", "5"), (Pulled.Value(row, "title"), Pulled.Value(row, "minutes")));
    }

    [Fact]
    public async Task R26_Letters_are_listed_page_by_page_and_only_of_the_user_who_is_named()
    {
        var (user, admin) = NewOperator();
        var device = await TestDevice.OpenAsync(server.Life.Server, user);
        var sent = new List<ByteString>();
        for (var i = 0; i < 5; i++)
        {
            var operation = device.Update("tasks", $"gone{i}", TestDevice.Set("title", "1"));
            operation.Base = 1;
            sent.Add(operation.Id);
            await device.PushAsync(operation);
        }

        var listed = new List<ByteString>();
        for (var token = ByteString.Empty; ;)
        {
            var page = await admin.Calls.ListDeadLettersAsync(new() { User = user, PageSize = 2, PageToken = token }, admin.Options);
            listed.AddRange(page.Letters.Select(static letter => letter.OperationId));
            token = page.PageToken;
            if (token.IsEmpty) break;
        }

        Assert.Equal(Enumerable.Reverse(sent), listed);
        Assert.Empty(await new Operator(server.Life.Server, SharedServer.NewUser()).ListAsync());
        await StatusAssert.ThrowsAsync(
            StatusCode.NotFound, "DEAD_LETTER_UNKNOWN", () => new Operator(server.Life.Server, SharedServer.NewUser()).GetAsync(sent[0]));
    }

    [Fact]
    public async Task R28_What_an_operator_sends_wrong_is_told_precisely_and_changes_nothing()
    {
        var (user, _, b, operation) = await ConflictAsync();
        var admin = new Operator(server.Life.Server, user);
        await RefusesAsync("INVALID_TEXT", "user", () => new Operator(server.Life.Server, "").ListAsync());
        await RefusesAsync("INVALID_TEXT", "user", () => new Operator(server.Life.Server, "a\u0001").WhereIsAsync(operation));
        await RefusesAsync("INVALID_UUID", "operation_id", () => admin.GetAsync(ByteString.CopyFrom(1, 2)));
        await RefusesAsync("INVALID_UUID", "operation_id", () => admin.DiscardAsync(ByteString.Empty));
        foreach (var size in new[] { -1, 101 })
            await RefusesAsync("OUT_OF_RANGE", "page_size", async () => await admin.Calls.ListDeadLettersAsync(new() { User = user, PageSize = size }, admin.Options));
        await RefusesAsync("PAGE_TOKEN_INVALID", "page_token", async () => await admin.Calls.ListDeadLettersAsync(
            new() { User = user, PageToken = ByteString.CopyFrom(1) }, admin.Options));
        await RefusesAsync("MISSING", "changes[1].change", () => admin.ReplayAsync(operation, false, TestDevice.Set("state", "1"), new FieldChange { Field = "x" }));
        await RefusesAsync("INVALID_JSON", "changes[0].set", () => admin.ReplayAsync(operation, false, TestDevice.Set("state", "{")));
        await RefusesAsync("INVALID_NAME", "changes[0].field", () => admin.ReplayAsync(operation, false, TestDevice.Set("no name", "1")));
        var mismatch = await admin.ReplayAsync(operation, false, TestDevice.Increment("state", 1));
        Assert.Equal(RejectionReason.FieldKindMismatch, mismatch.Outcome.Rejection.Reason);

        Assert.Single(await admin.ListAsync());
        await b.SyncNowAsync();
        Assert.Equal("paid", await b.TextAsync("payments", "1", "state"));

        static async Task RefusesAsync(string reason, string path, Func<Task> call) =>
            StatusAssert.NamesField(await StatusAssert.ThrowsAsync(StatusCode.InvalidArgument, reason, call), path);
    }

    [Fact]
    public async Task R26_Server_code_has_the_same_without_a_gateway_in_between()
    {
        var (user, a, _, operation) = await ConflictAsync();
        var admin = server.Life.Server.Services.GetRequiredService<ISyncAdmin>();
        var id = new Core.OperationId(new Guid(operation.Span, bigEndian: true));

        var page = await admin.ListDeadLettersAsync(user);
        Assert.Equal((id, null), (Assert.Single(page.Letters).Operation, page.Next));
        var fault = await Assert.ThrowsAsync<SyncWriteException>(
            () => admin.ReplayDeadLetterAsync(user, id, DeadLetterReplay.With(static patch => patch.Set("no name", 1))));
        Assert.Equal((Core.FaultCode.InvalidName, "changes[0].field"), (fault.Fault.Code, fault.Fault.Path));
        await Assert.ThrowsAsync<ArgumentException>(() => admin.ListDeadLettersAsync(""));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => admin.ListDeadLettersAsync(user, limit: 101));
        Assert.Null(await admin.ReplayDeadLetterAsync(user, new(Guid.NewGuid())));
        var replayed = await admin.ReplayDeadLetterAsync(user, id, DeadLetterReplay.With(static patch => patch.Set("state", "mended")));
        Assert.True(replayed!.Settled);
        await a.SyncNowAsync();
        Assert.Equal("mended", await a.TextAsync("payments", "1", "state"));
    }

    [Fact]
    public async Task R23_R26_Letters_go_after_90_days()
    {
        // A server of its own: its days pass for everybody.
        await using var life = await LifeServer.StartAsync(static sync => sync.AcceptUndeclaredTypes().AllowOperators("sub", Operator.Name));
        var device = await TestDevice.OpenAsync(life.Server, "ada");
        var late = device.Update("tasks", "gone", TestDevice.Set("title", "1"));
        late.Base = 1;
        await device.PushAsync(late);
        var (admin, purge) = (new Operator(life.Server, "ada"), life.Server.Services.GetRequiredService<IGrainFactory>().GetGrain<IPurgeGrain>(0));

        life.Time.Advance(TimeSpan.FromDays(89));
        Assert.Equal(0, (await purge.RunAsync()).DeadLetters);
        Assert.Single(await admin.ListAsync());
        life.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, (await purge.RunAsync()).DeadLetters);
        Assert.Empty(await admin.ListAsync());
        // Devices go on.
        Assert.Equal(OutcomeKind.Applied, (await device.PushAsync(device.Create("tasks", "1"))).Outcomes[0].Kind);
    }

    private (string User, Operator Admin) NewOperator()
    {
        var user = SharedServer.NewUser();
        return (user, new Operator(server.Life.Server, user));
    }

    /// <summary>Two devices wrote a strict document without a network; what b wrote was refused.</summary>
    private async Task<(string User, SyncStore A, SyncStore B, ByteString Operation)> ConflictAsync()
    {
        var user = SharedServer.NewUser();
        var (a, b) = (await server.Life.OpenAsync(user, "a"), await server.Life.OpenAsync(user, "b"));
        await LifeServer.SyncAsync(a, b);
        await a.Collection("payments").PutAsync(new SyncDocument("1", new JsonObject { ["state"] = "open" }));
        await LifeServer.SyncAsync(a, b);
        await a.Collection("payments").PatchAsync("1", static patch => patch.Set("state", "paid").Increment("cents", 100));
        var refused = await b.Collection("payments").PatchAsync("1", static patch => patch.Set("state", "cancelled").Increment("cents", 7));
        await LifeServer.SyncAsync(a, b);
        Assert.Equal(Core.OutcomeKind.Rejected, await refused.OutcomeAsync());
        return (user, a, b, Operator.Wire(Assert.Single(refused.Operations)));
    }
}
