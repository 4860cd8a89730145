using Grpc.Core;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Subscriptions;

/// <summary>What a device with some types asks the server for.</summary>
public sealed class SubscriptionSyncTests : WireTests
{
    private protected override SyncStoreOptions Change(SyncStoreOptions options) => options with { Types = ["tasks"] };

    [Fact]
    public async Task R10_A_sync_reads_an_added_type_from_its_start_and_then_pulls_both()
    {
        Script.Pages = request => WirePages.Stream(WirePages.Complete(Script.Lineage, request.Types_.Contains("photos") ? 8 : 5));
        await Device.Store.SyncNowAsync();
        await Device.Store.Subscriptions.AddAsync("photos");
        await Device.Store.SyncNowAsync();

        Assert.Equal(
            [("tasks,_conflicts", 0, ""), ("tasks,_conflicts", 5, ""), ("photos", 0, ""), ("photos,tasks,_conflicts", 5, "")],
            Script.Pulls.Select(static pull => (string.Join(',', pull.Types_), pull.Cursor?.Sequence ?? 0, pull.PageToken.ToStringUtf8())));
        Assert.All(Device.Store.Subscriptions.Current!, static one => Assert.True(one.IsComplete));
    }

    [Fact]
    public async Task R10_A_filling_that_is_cut_goes_on_after_its_last_page_in_another_process()
    {
        Script.Pages = request => request.Types_.Contains("photos") && request.Cursor.Sequence == 0 && request.PageToken.IsEmpty
            ? WirePages.Cut(WirePages.Part("photos-1", WirePages.Task("a", 1, "one")))
            : WirePages.Stream(WirePages.Complete(Script.Lineage, 5));
        await Device.Store.SyncNowAsync();
        await Device.Store.Subscriptions.AddAsync("photos");
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        await Device.ReopenAsync();
        await Device.Store.SyncNowAsync();

        Assert.Contains(Script.Pulls, static pull => pull is { Types_: ["photos"] } && pull.PageToken.ToStringUtf8() == "photos-1");
        Assert.All(Device.Store.Subscriptions.Current!, static one => Assert.True(one.IsComplete));
    }

    [Fact]
    public async Task A_filling_whose_page_token_is_refused_begins_anew_and_the_other_types_stay()
    {
        var refusals = 0;
        Script.Pages = request => (request.Types_.Contains("photos") && request.Cursor.Sequence == 0, request.PageToken.ToStringUtf8()) switch
        {
            (true, "photos-1") => throw Refuse(),
            (true, _) when refusals == 0 => WirePages.Cut(WirePages.Part("photos-1", WirePages.Task("a", 1, "one"))),
            _ => WirePages.Stream(WirePages.Complete(Script.Lineage, 5)),
        };
        await Device.Store.SyncNowAsync();
        await Device.Store.Subscriptions.AddAsync("photos");
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        await Device.Store.SyncNowAsync();

        Assert.Equal((1, 5), (refusals, Device.Store.Log.State.Cursor));
        Assert.All(Device.Store.Subscriptions.Current!, static one => Assert.True(one.IsComplete));

        RpcException Refuse()
        {
            refusals++;
            return WireFaults.Of(StatusCode.InvalidArgument, "PAGE_TOKEN_INVALID");
        }
    }

    [Fact]
    public async Task R10_A_device_that_watches_reads_an_added_type_at_once_and_watches_both()
    {
        Script.Pages = _ => WirePages.Stream(WirePages.Complete(Script.Lineage, 5));
        await using var device = await TestDevice.OpenAsync(Gateway.Address, options => options with { Types = ["tasks"], AutoSync = true });
        await Eventually.TrueAsync(() => Script.Watches.Count == 1, "watching");
        await device.Store.Subscriptions.AddAsync("photos");
        await Eventually.TrueAsync(() => Script.Watches.Count == 2, "watching again");
        await device.Store.Subscriptions.RemoveAsync("tasks");
        await Eventually.TrueAsync(() => Script.Watches.Count == 3, "watching once more");

        Assert.Equal(["tasks,_conflicts", "photos,tasks,_conflicts", "photos,_conflicts"], Script.Watches.Select(static watch => string.Join(',', watch.Types_)));
    }
}
