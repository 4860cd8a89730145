using Grpc.Core;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Sync;

public sealed class PullFaultTests : IAsyncLifetime
{
    private ScriptedGateway _gateway = null!;
    private TestDevice _device = null!;

    private WireScript Script => _gateway.Script;

    public async Task InitializeAsync()
    {
        _gateway = await ScriptedGateway.StartAsync();
        _device = await TestDevice.OpenAsync(_gateway.Address);
    }

    public async Task DisposeAsync()
    {
        await _device.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task I5_A_first_sync_that_is_cut_goes_on_after_the_last_page_and_shows_nothing_before_it_is_complete()
    {
        Script.Pages = request => request.PageToken.IsEmpty
            ? Cut(WirePages.Part("page-1", WirePages.Task("a", 1, "one")))
            : Pages(WirePages.Complete(Script.Lineage, 2, WirePages.Task("b", 2, "two")));

        await Assert.ThrowsAsync<SyncException>(() => _device.Store.SyncNowAsync());
        Assert.Null(await _device.TitleAsync("a"));

        await _device.ReopenAsync();
        await _device.Store.SyncNowAsync();
        Assert.Equal("page-1", Script.Pulls.Last().PageToken.ToStringUtf8());
        Assert.Equal(("one", "two"), (await _device.TitleAsync("a"), await _device.TitleAsync("b")));
    }

    [Theory]
    [InlineData("LINEAGE_CHANGED", StatusCode.FailedPrecondition)]
    [InlineData("CURSOR_EXPIRED", StatusCode.FailedPrecondition)]
    [InlineData("CURSOR_AHEAD", StatusCode.FailedPrecondition)]
    [InlineData("PAGE_TOKEN_INVALID", StatusCode.InvalidArgument)]
    public async Task I8_A_cursor_that_cannot_be_continued_starts_again_and_keeps_what_is_pending(string reason, StatusCode code)
    {
        Script.Pages = _ => Pages(WirePages.Complete(Script.Lineage, 7, WirePages.Task("gone", 7, "purged since")));
        await _device.Store.SyncNowAsync();
        await _device.PutAsync("mine", "offline");
        Script.OnBatch = _ => throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "not now"));
        Script.Pages = request => request.Cursor.Sequence > 0
            ? throw WireFaults.Of(code, reason)
            : Pages(WirePages.Complete(Script.Lineage, 9, WirePages.Task("b", 9, "two")));

        await Assert.ThrowsAsync<SyncException>(() => _device.Store.SyncNowAsync());
        Assert.Equal(9, _device.Store.Log.State.Cursor);
        Assert.Equal((null, "two", "offline"), (await _device.TitleAsync("gone"), await _device.TitleAsync("b"), await _device.TitleAsync("mine")));
        Script.OnBatch = null;
        Script.Pages = _ => Pages(WirePages.Complete(Script.Lineage, 9));
        await _device.Store.SyncNowAsync();
        Assert.Single(Script.Journal);
    }

    [Fact]
    public async Task A_cursor_that_is_refused_even_at_the_start_is_a_fault_and_no_endless_loop()
    {
        Script.Pages = _ => throw WireFaults.Of(StatusCode.FailedPrecondition, "CURSOR_EXPIRED");
        var refused = await Assert.ThrowsAsync<SyncException>(() => _device.Store.SyncNowAsync());
        Assert.Equal("OS1012", refused.Code);
        Assert.Equal(3, Script.Pulls.Count);
    }

    [Fact]
    public async Task A_page_that_is_malformed_is_refused_whole()
    {
        var wrong = WirePages.Task("a", 1, "one");
        wrong.LastEdit.Device = 7;
        Script.Pages = _ => Pages(WirePages.Complete(Script.Lineage, 1, WirePages.Task("b", 1, "two"), wrong));
        var refused = await Assert.ThrowsAsync<SyncException>(() => _device.Store.SyncNowAsync());
        Assert.Equal("OS1018", refused.Code);
        Assert.Contains("rows[1].last_edit", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, _device.Store.Log.State.Cursor);
    }

    [Fact]
    public async Task A_pull_that_ends_without_a_complete_page_is_a_transient_fault()
    {
        Script.Pages = _ => Pages(WirePages.Part("page-1", WirePages.Task("a", 1, "one")));
        var ended = await Assert.ThrowsAsync<SyncException>(() => _device.Store.SyncNowAsync());
        Assert.True(ended.IsTransient, ended.Message);
    }

    [Fact]
    public async Task A_sync_returns_only_when_the_cursor_has_reached_what_it_pushed()
    {
        await _device.PutAsync("a", "one");
        // The pull that runs beside the push is complete before the commit; only the one after it holds it.
        Script.OnBatch = async _ => await Eventually.TrueAsync(() => !Script.Pulls.IsEmpty && !Script.Open.Values.Contains("Pull"), "the pull has ended");
        await _device.Store.SyncNowAsync();
        Assert.Equal(1, _device.Store.Log.State.Cursor);
        Assert.Equal(2, Script.Pulls.Count);
    }

    private static async IAsyncEnumerable<Page> Pages(params Page[] pages)
    {
        await Task.CompletedTask;
        foreach (var page in pages) yield return page;
    }

    private static async IAsyncEnumerable<Page> Cut(Page page)
    {
        yield return page;
        await Task.CompletedTask;
        throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "cut"));
    }
}
