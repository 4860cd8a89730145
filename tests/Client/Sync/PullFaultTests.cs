using System.Text;
using Grpc.Core;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Sync;

public sealed class PullFaultTests : WireTests
{
    [Fact]
    public async Task I5_A_first_sync_that_is_cut_goes_on_after_the_last_page_and_shows_nothing_before_it_is_complete()
    {
        Script.Pages = request => request.PageToken.IsEmpty
            ? WirePages.Cut(WirePages.Part("page-1", WirePages.Task("a", 1, "one")))
            : WirePages.Stream(WirePages.Complete(Script.Lineage, 2, WirePages.Task("b", 2, "two")));

        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Null(await Device.TitleAsync("a"));

        await Device.ReopenAsync();
        await Device.Store.SyncNowAsync();
        Assert.Equal("page-1", Script.Pulls.Last().PageToken.ToStringUtf8());
        Assert.Equal(("one", "two"), (await Device.TitleAsync("a"), await Device.TitleAsync("b")));
    }

    [Fact]
    public async Task I5_A_page_in_several_messages_is_taken_in_whole_or_not_at_all()
    {
        var cut = true;
        Script.Pages = request => cut && request.PageToken.ToStringUtf8() == "page-1"
            ? WirePages.Cut(WirePages.Continued(WirePages.Task("c", 3, "three")))
            : request.PageToken.IsEmpty
                ? WirePages.Stream(WirePages.Continued(WirePages.Task("a", 1, "one")), WirePages.Part("page-1", WirePages.Task("b", 2, "two")))
                : WirePages.Stream(
                    WirePages.Continued(WirePages.Task("c", 3, "three")), WirePages.Continued(),
                    WirePages.Complete(Script.Lineage, 4, WirePages.Task("d", 4, "four")));

        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("page-1", Encoding.UTF8.GetString(Device.Store.Log.State.PageToken.Span));
        Assert.Null(await Device.TitleAsync("a"));

        cut = false;
        await Device.Store.SyncNowAsync();
        Assert.Equal(["", "page-1", "page-1"], Script.Pulls.Select(static pull => pull.PageToken.ToStringUtf8()));
        Assert.Equal(
            ("one", "two", "three", "four"),
            (await Device.TitleAsync("a"), await Device.TitleAsync("b"), await Device.TitleAsync("c"), await Device.TitleAsync("d")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task I5_A_page_of_which_one_message_is_malformed_leaves_nothing_behind_and_takes_no_write_with_it(int malformed)
    {
        var isMended = false;
        Script.Pages = _ =>
        {
            Row[] rows = [WirePages.Task("a", 1, "one"), WirePages.Task("b", 2, "two"), WirePages.Task("c", 3, "three")];
            if (!isMended) rows[malformed].LastEdit.Device = 7;
            var last = WirePages.Complete(Script.Lineage, 3, rows[2]);
            last.Clock = 50;
            return WirePages.Stream(WirePages.Continued(rows[0]), WirePages.Continued(rows[1]), last);
        };

        var syncing = Device.Store.SyncNowAsync();
        await Device.PutAsync("mine", "offline");
        var refused = await Assert.ThrowsAsync<SyncException>(() => syncing);

        Assert.Equal("OS1018", refused.Code);
        Assert.Contains("rows[0].last_edit.device", refused.Message, StringComparison.Ordinal);
        var state = Device.Store.Log.State;
        Assert.Equal((0L, true), (state.Cursor, state.Clock < 50));
        Assert.Equal((null, null, null), (await Device.TitleAsync("a"), await Device.TitleAsync("b"), await Device.TitleAsync("c")));
        Assert.Equal("offline", await Device.TitleAsync("mine"));

        isMended = true;
        await Device.Store.SyncNowAsync();
        Assert.Equal((3L, true), (Device.Store.Log.State.Cursor, Device.Store.Log.State.Clock >= 50));
        Assert.Equal(("one", "two", "three"), (await Device.TitleAsync("a"), await Device.TitleAsync("b"), await Device.TitleAsync("c")));
        Assert.Single(Script.Journal);
    }

    [Fact]
    public async Task A_page_that_says_both_that_it_is_complete_and_that_it_goes_on_is_refused()
    {
        var wrong = WirePages.Complete(Script.Lineage, 1, WirePages.Task("a", 1, "one"));
        wrong.Continued = true;
        Script.Pages = _ => WirePages.Stream(wrong);
        Assert.Equal("OS1018", (await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync())).Code);
    }

    [Fact]
    public async Task A_page_without_an_end_is_refused_before_it_fills_the_memory()
    {
        Script.Pages = _ => WirePages.Stream([.. Enumerable.Range(1, 100).Select(i => WirePages.Continued(WirePages.Task("a", i, "again")))]);
        var refused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("OS1018", refused.Code);
        Assert.Contains("more than 64 messages", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LINEAGE_CHANGED", StatusCode.FailedPrecondition)]
    [InlineData("CURSOR_EXPIRED", StatusCode.FailedPrecondition)]
    [InlineData("CURSOR_AHEAD", StatusCode.FailedPrecondition)]
    [InlineData("PAGE_TOKEN_INVALID", StatusCode.InvalidArgument)]
    public async Task I8_A_cursor_that_cannot_be_continued_starts_again_and_keeps_what_is_pending(string reason, StatusCode code)
    {
        Script.Pages = _ => WirePages.Stream(WirePages.Complete(Script.Lineage, 7, WirePages.Task("gone", 7, "purged since")));
        await Device.Store.SyncNowAsync();
        await Device.PutAsync("mine", "offline");
        Script.OnBatch = _ => throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "not now"));
        Script.Pages = request => request.Cursor.Sequence > 0
            ? throw WireFaults.Of(code, reason)
            : WirePages.Stream(WirePages.Complete(Script.Lineage, 9, WirePages.Task("b", 9, "two")));

        await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        // What it is about is asked before anything is dropped, by the next handshake.
        if (reason is "LINEAGE_CHANGED" or "CURSOR_AHEAD") await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal(9, Device.Store.Log.State.Cursor);
        Assert.Equal((null, "two", "offline"), (await Device.TitleAsync("gone"), await Device.TitleAsync("b"), await Device.TitleAsync("mine")));
        Script.OnBatch = null;
        Script.Pages = _ => WirePages.Stream(WirePages.Complete(Script.Lineage, 9));
        await Device.Store.SyncNowAsync();
        Assert.Single(Script.Journal);
    }

    [Fact]
    public async Task A_cursor_that_is_refused_even_at_the_start_is_a_fault_and_no_endless_loop()
    {
        Script.Pages = _ => throw WireFaults.Of(StatusCode.FailedPrecondition, "CURSOR_EXPIRED");
        var refused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("OS1012", refused.Code);
        Assert.Equal(3, Script.Pulls.Count);
    }

    [Fact]
    public async Task A_page_that_is_malformed_is_refused_whole()
    {
        var wrong = WirePages.Task("a", 1, "one");
        wrong.LastEdit.Device = 7;
        Script.Pages = _ => WirePages.Stream(WirePages.Complete(Script.Lineage, 1, WirePages.Task("b", 1, "two"), wrong));
        var refused = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.Equal("OS1018", refused.Code);
        Assert.Contains("rows[1].last_edit", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, Device.Store.Log.State.Cursor);
    }

    [Fact]
    public async Task A_pull_that_ends_without_a_complete_page_is_a_transient_fault()
    {
        Script.Pages = _ => WirePages.Stream(WirePages.Part("page-1", WirePages.Task("a", 1, "one")));
        var ended = await Assert.ThrowsAsync<SyncException>(() => Device.Store.SyncNowAsync());
        Assert.True(ended.IsTransient, ended.Message);
    }

    [Fact]
    public async Task A_sync_returns_only_when_the_cursor_has_reached_what_it_pushed()
    {
        await Device.PutAsync("a", "one");
        // The pull that runs beside the push is complete before the commit; only the one after it holds it.
        Script.OnBatch = async _ => await Eventually.TrueAsync(() => !Script.Pulls.IsEmpty && !Script.Open.Values.Contains("Pull"), "the pull has ended");
        await Device.Store.SyncNowAsync();
        Assert.Equal(1, Device.Store.Log.State.Cursor);
        Assert.Equal(2, Script.Pulls.Count);
    }
}
