using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Client;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Tests.Life;

public sealed class LongAwayTests
{
    private const int Entities = 450;
    private const int Created = 50;

    [Fact]
    public async Task I8_I10_A_device_that_was_away_for_60_days_with_500_operations_brings_nothing_back_and_loses_nothing()
    {
        await using var life = await LifeServer.StartAsync(static sync =>
        {
            sync.AcceptUndeclaredTypes(false);
            sync.Entity("tasks").Counter("minutes").Set("tags");
        });
        var user = SharedServer.NewUser();
        await using var home = await life.OpenAsync(user, "home");
        await home.TransactionAsync(tx =>
        {
            for (var i = 0; i < Entities; i++) tx.Put(home.Collection("tasks"), Document(i, "at home"));
        });
        await home.SyncNowAsync();
        await using var away = await life.OpenAsync(user, "away");
        await away.SyncNowAsync();

        // Away: edits, deletes, counts, puts and marks, of what is deleted at home meanwhile and of what is not.
        var receipts = new WriteReceipt[Entities];
        for (var i = 0; i < Entities; i++) receipts[i] = await WriteAsync(away.Collection("tasks"), i);
        for (var i = 0; i < Created; i++) await away.Collection("tasks").PutAsync(new SyncDocument($"new-{i}", []));
        Assert.Equal(500, away.Status.Pending);
        for (var i = 0; i < Entities; i += 2) await home.Collection("tasks").DeleteAsync(IdOf(i));
        await home.SyncNowAsync();
        life.Time.Advance(TimeSpan.FromDays(60));
        var purged = await life.PurgeAsync();
        Assert.Equal((Entities / 2, 0), (purged.Tombstones, purged.TombstonesLeft));

        var events = away.EventsAsync();
        await LifeServer.SyncAsync(away, home);

        Assert.Equal((0, 0), (away.Status.Pending, home.Status.Pending));
        Assert.Equal(await home.DigestAsync(), await away.DigestAsync());
        for (var i = 0; i < Entities; i++)
        {
            var found = await home.Collection("tasks").FindAsync(IdOf(i));
            var outcome = await receipts[i].Outcome.WaitAsync(TimeSpan.FromSeconds(30));
            // Gone at home: nothing of it comes back, and what was done to it is a dead letter, but for what wanted it gone too.
            if (i % 2 == 0)
            {
                Assert.Null(found);
                Assert.Equal(i % 5 == 1 ? OutcomeKind.Superseded : OutcomeKind.Rejected, outcome.Kind);
                continue;
            }

            Assert.Equal(OutcomeKind.Applied, outcome.Kind);
            if (i % 5 == 1) Assert.Null(found);
            else Assert.Equal(ExpectedOf(i), (found!.Fields["title"]!.GetValue<string>(), (long?)found.Fields["minutes"]));
        }

        for (var i = 0; i < Created; i++) Assert.NotNull(await home.Collection("tasks").FindAsync($"new-{i}"));
        var letters = await away.DeadLetters.ListAsync().ToListAsync();
        Assert.Equal(Entities / 2 - Entities / 10, letters.Count);
        Assert.All(letters, static letter => Assert.Equal(RejectionReason.EntityGone, letter.Reason));

        // The app decides to have one of them back: it is made anew, on purpose, and everywhere.
        await letters[0].RetryAsync();
        await LifeServer.SyncAsync(away, home);
        Assert.NotNull(await home.Collection("tasks").FindAsync(letters[0].EntityId));
        Assert.Equal(await home.DigestAsync(), await away.DigestAsync());

        await away.DisposeAsync();
        var told = await events.ToListAsync();
        Assert.Single(told.OfType<SyncEvent.ResyncStarted>());
        Assert.Single(told.OfType<SyncEvent.Resynced>());
        Assert.Equal(letters.Count, told.OfType<SyncEvent.DeadLettered>().Count());
    }

    private static Task<WriteReceipt> WriteAsync(SyncCollection<SyncDocument> tasks, int i) => (i % 5) switch
    {
        0 => tasks.PatchAsync(IdOf(i), static patch => patch.Set("title", "of away")),
        1 => tasks.DeleteAsync(IdOf(i)),
        2 => tasks.PatchAsync(IdOf(i), static patch => patch.Increment("minutes", 5)),
        3 => tasks.PutAsync(Document(i, "put away")),
        _ => tasks.PatchAsync(IdOf(i), static patch => patch.Add("tags", "far")),
    };

    private static (string Title, long? Minutes) ExpectedOf(int i) => (i % 5) switch
    {
        0 => ("of away", null),
        2 => ("at home", 5),
        3 => ("put away", null),
        _ => ("at home", null),
    };

    private static SyncDocument Document(int i, string title) => new(IdOf(i), new JsonObject { ["title"] = title });

    private static string IdOf(int i) => $"t{i.ToString("000", CultureInfo.InvariantCulture)}";
}
