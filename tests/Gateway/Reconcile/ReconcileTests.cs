using Microsoft.Extensions.DependencyInjection;
using OrleansSync.Core;
using OrleansSync.Gateway.Tests.Support;
using OrleansSync.Grains.Storage;
using OrleansSync.Protocol;
using OrleansSync.Protocol.V1;
using static OrleansSync.Gateway.Tests.Support.TestDevice;
using StoredDigest = OrleansSync.Grains.Storage.TypeDigest;

namespace OrleansSync.Gateway.Tests.Reconcile;

[Collection(SharedServerTests.Name)]
public sealed class ReconcileTests(SharedServer shared)
{
    private const int Rows = 300;

    [Fact]
    public async Task R42_Rows_that_are_the_servers_cost_one_short_answer()
    {
        var (device, pulled) = await SeededAsync();
        var request = device.Compare(pulled.Cursor, ReconcileCalls.DigestOf("notes", ReconcileCalls.RowsOf(pulled)));

        var answer = await device.AskOneAsync(request);

        Assert.Equal((pulled.Last.Head, 0), (answer.Head, answer.Digests.Count));
        Assert.InRange(request.CalculateSize() + answer.CalculateSize(), 1, 200);
    }

    [Fact]
    public async Task R42_Types_that_differ_or_are_not_the_servers_are_named_with_what_the_server_has()
    {
        var (device, pulled) = await SeededAsync();
        var right = ReconcileCalls.DigestOf("notes", ReconcileCalls.RowsOf(pulled));

        var answer = await device.AskOneAsync(device.Compare(
            pulled.Cursor, PageMapping.ToWire("notes", 7, Rows), PageMapping.ToWire("tasks", 9, 1), PageMapping.ToWire("nothing", 0, 0)));

        Assert.Equal([right, PageMapping.ToWire("tasks", 0, 0)], answer.Digests);
    }

    [Fact]
    public async Task R42_A_cursor_that_is_behind_is_told_the_head_and_nothing_else()
    {
        var (device, pulled) = await SeededAsync();
        await device.PushAsync(device.Create("notes", "later", Set("text", "1")));

        var answer = await device.AskOneAsync(device.Compare(pulled.Cursor, PageMapping.ToWire("notes", 7, Rows)));

        Assert.Equal((pulled.Last.Head + 1, 0), (answer.Head, answer.Digests.Count));
    }

    [Fact]
    public async Task R24_Every_level_comes_to_the_digest_of_the_one_above_and_the_last_one_to_the_rows()
    {
        var (device, pulled) = await SeededAsync();
        var rows = ReconcileCalls.RowsOf(pulled);
        var buckets = await device.AskOneAsync(device.Buckets(pulled.Cursor, "notes"));
        Assert.Equal(rows.Select(row => (uint)(IdHash.Of(row.Key.Id) >> 8)).Distinct().Order(), buckets.Buckets.Select(one => one.Bucket));
        Assert.Equal(Digest.OfRows(rows), ReconcileCalls.SumOf(buckets.Buckets.Select(one => one.Digest)));

        var some = buckets.Buckets.Take(3).ToList();
        var subs = await device.AskOneAsync(device.Buckets(pulled.Cursor, "notes", [.. some.Select(one => (byte)one.Bucket)]));
        Assert.Equal(
            some.Select(one => (one.Bucket, ReconcileCalls.SumOf([one.Digest]))),
            subs.Buckets.GroupBy(one => one.Bucket >> 8)
                .Select(bucket => (bucket.Key, ReconcileCalls.SumOf(bucket.Select(one => one.Digest)))));

        var answers = await device.AskAsync(device.Ids(pulled.Cursor, "notes", subs.Buckets.Select(one => one.Bucket)));
        var ids = answers.SelectMany(one => one.Ids).ToList();
        var inSome = rows.Where(row => some.Exists(one => one.Bucket == IdHash.Of(row.Key.Id) >> 8)).ToDictionary(row => row.Key.Id);
        Assert.Equal(inSome.Keys.Order(), ids.Select(one => one.EntityId).Order());
        Assert.All(ids, one => Assert.Equal(
            (inSome[one.EntityId].Sequence, Digest.OfRow(inSome[one.EntityId])), (one.Sequence, ReconcileCalls.SumOf([one.Digest]))));

        var sent = await device.AskOneAsync(device.Rows(pulled.Cursor, "notes", [.. inSome.Keys, "never"]));
        Assert.Equal(Digest.OfRows(inSome.Values), Digest.OfRows(PageMapping.ReadRows(sent.Page)));
        Assert.Equal(inSome.Count, sent.Page.Rows.Count);
    }

    [Fact]
    public async Task R24_Rows_that_changed_after_the_cursor_are_left_out_until_they_are_asked_for_by_id()
    {
        var (device, pulled) = await SeededAsync();
        await device.PushAsync(device.Update("notes", "n0007", Set("text", "2")), device.Delete("notes", "n0008"));
        var left = ReconcileCalls.RowsOf(pulled).Where(row => row.Key.Id is not ("n0007" or "n0008"));

        var buckets = await device.AskOneAsync(device.Buckets(pulled.Cursor, "notes"));
        Assert.Equal(Digest.OfRows(left), ReconcileCalls.SumOf(buckets.Buckets.Select(one => one.Digest)));

        var sent = (await device.AskOneAsync(device.Rows(pulled.Cursor, "notes", "n0007", "n0008"))).Page.Rows;
        Assert.Equal([("n0007", false), ("n0008", true)], sent.OrderBy(row => row.EntityId).Select(row => (row.EntityId, row.Deleted)));
        Assert.All(sent, row => Assert.True(row.Sequence > pulled.Cursor.Sequence && (!row.Deleted || row.Fields.Count == 0)));
    }

    [Fact]
    public async Task R24_Rows_that_are_many_or_large_come_in_several_answers()
    {
        var device = await OpenAsync(shared.Server, SharedServer.NewUser());
        var large = $"\"{new string('x', 60 * 1024)}\"";
        for (var i = 0; i < 40; i++) await device.PushAsync(device.Create("notes", $"n{i}", Set("text", large)));
        var cursor = (await device.PullAsync()).Cursor;

        var answers = await device.AskAsync(device.Rows(cursor, "notes", Enumerable.Range(0, 40).Select(static i => $"n{i}")));

        Assert.Equal(40, answers.Sum(answer => answer.Page.Rows.Count));
        Assert.InRange(answers.Count, 2, 10);
        Assert.All(answers, answer => Assert.InRange(answer.CalculateSize(), 1, 1200 * 1024));
    }

    [Fact]
    public async Task R24_A_digest_of_the_server_that_is_not_its_rows_is_mended_and_later_commits_build_on_it()
    {
        var (device, pulled) = await SeededAsync();
        var store = shared.Server.Services.GetRequiredService<ISyncStore>();
        var right = ReconcileCalls.DigestOf("notes", ReconcileCalls.RowsOf(pulled));
        var wrong = new StoredDigest("notes", 1234, 5);
        Assert.True(await store.MendDigestAsync(ScopeId.ForUser(device.User), pulled.Last.Head, wrong, default));
        Assert.Single((await device.AskOneAsync(device.Compare(pulled.Cursor, right))).Digests);

        await device.AskOneAsync(device.Buckets(pulled.Cursor, "notes"));

        Assert.Empty((await device.AskOneAsync(device.Compare(pulled.Cursor, right))).Digests);
        await device.PushAsync(device.Create("notes", "later", Set("text", "1")));
        var after = await device.PullAsync();
        Assert.Equal(ReconcileCalls.DigestOf("notes", ReconcileCalls.RowsOf(after)), Assert.Single(after.Last.Digests));
    }

    [Fact]
    public async Task R24_A_digest_is_not_mended_by_the_rows_of_an_earlier_cursor()
    {
        var (device, pulled) = await SeededAsync();
        await device.PushAsync(device.Create("notes", "later", Set("text", "1")));

        await device.AskOneAsync(device.Buckets(pulled.Cursor, "notes"));

        var after = await device.PullAsync();
        Assert.Equal(ReconcileCalls.DigestOf("notes", ReconcileCalls.RowsOf(after)), Assert.Single(after.Last.Digests));
    }

    [Fact]
    public async Task R42_A_commit_that_is_watched_carries_the_digests_of_the_types_it_changed()
    {
        var (device, pulled) = await SeededAsync();
        await device.PushAsync(device.Create("tasks", "t", Set("title", "1")));
        pulled = await device.PullAsync();
        using var watch = device.Watch(pulled.Cursor);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        var before = watch.ResponseStream.Current.Page;
        Assert.Equal(["notes", "tasks"], before.Digests.Select(one => one.Type));

        await device.PushAsync(device.Update("notes", "n0001", Set("text", "2")));

        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        var after = await device.PullAsync();
        Assert.Equal(after.Last.Digests.Where(one => one.Type == "notes"), watch.ResponseStream.Current.Page.Digests);
    }

    private async Task<(TestDevice Device, Pulled Pulled)> SeededAsync()
    {
        var device = await OpenAsync(shared.Server, SharedServer.NewUser());
        for (var from = 0; from < Rows; from += 100)
        {
            var first = from;
            var some = Enumerable.Range(0, 100).Select(i => device.Create("notes", $"n{first + i:D4}", Set("text", $"{i}")));
            await device.PushAsync([.. some]);
        }

        await device.PushAsync(device.Create("notes", "gone", Set("text", "1")));
        await device.PushAsync(device.Delete("notes", "gone"));
        return (device, await device.PullAsync());
    }
}
