using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Backend;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;

namespace OrleansSync.Gateway.Tests.Life;

/// <summary>A question that nobody answers, from two devices to the operator who finds what was written.</summary>
public sealed class ConflictExpiryTests
{
    [Fact]
    public async Task R22_I10_What_nobody_decides_for_90_days_leaves_every_inbox_and_an_operator_can_still_replay_it()
    {
        await using var life = await LifeServer.StartAsync(static sync =>
        {
            sync.AcceptUndeclaredTypes(false);
            sync.Entity("contracts").Policy(ConflictPolicy.Manual);
        });
        var user = SharedServer.NewUser();
        var (a, b) = (await life.OpenAsync(user, "a"), await life.OpenAsync(user, "b"));
        await a.Collection("contracts").PutAsync(new SyncDocument("1", new JsonObject { ["price"] = 100 }));
        await LifeServer.SyncAsync(a, b);
        await a.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 120));
        var waiting = await b.Collection("contracts").PatchAsync("1", static patch => patch.Set("price", 90));
        await LifeServer.SyncAsync(a, b);
        Assert.Equal(OutcomeKind.Parked, await waiting.OutcomeAsync());

        life.Time.Advance(TimeSpan.FromDays(89));
        Assert.Equal(0, (await life.PurgeAsync()).Conflicts);
        await LifeServer.SyncAsync(a, b);
        Assert.Single(await a.Conflicts.ListAsync());

        life.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, (await life.PurgeAsync()).Conflicts);
        await LifeServer.SyncAsync(a, b);
        await AgreeAsync("120");
        var admin = life.Server.Services.GetRequiredService<ISyncAdmin>();
        var letter = Assert.Single((await admin.ListDeadLettersAsync(user)).Letters);
        Assert.Equal((waiting.Operations[0], b.DeviceId, RejectionReason.Conflict), (letter.Operation, letter.Device.Value, letter.Reason));
        Assert.Contains("90.00:00:00", letter.Message);

        Assert.True((await admin.ReplayDeadLetterAsync(user, letter.Operation))!.Settled);
        await LifeServer.SyncAsync(a, b);
        await AgreeAsync("90");
        Assert.Empty((await admin.ListDeadLettersAsync(user)).Letters);

        async Task AgreeAsync(string price)
        {
            foreach (var device in new[] { a, b })
            {
                Assert.Empty(await device.Conflicts.ListAsync());
                Assert.Empty(await device.DeadLetters.ListAsync().ToListAsync());
                Assert.Equal(price, await device.TextAsync("contracts", "1", "price"));
                Assert.Equal(EntitySyncState.Synced, await device.Collection("contracts").StateOfAsync("1"));
            }

            Assert.Equal(await a.DigestAsync(), await b.DigestAsync());
        }
    }
}
