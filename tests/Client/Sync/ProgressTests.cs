using Microsoft.Extensions.Time.Testing;
using OrleansSync.Client.Sync;
using OrleansSync.Client.Tests.Wire;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Client.Tests.Sync;

public sealed class ProgressTests : WireTests
{
    [Fact]
    public async Task R8_A_pull_of_several_pages_tells_how_far_it_has_come()
    {
        var seen = new List<SyncProgress?>();
        Script.Pages = _ => Pages();
        await Device.Store.SyncNowAsync();

        Assert.Equal([null, new SyncProgress(25, 100), new SyncProgress(60, 100)], seen);
        Assert.Null(Device.Store.Status.Pulling);

        async IAsyncEnumerable<Page> Pages()
        {
            seen.Add(Device.Store.Status.Pulling);
            yield return WirePages.Part("page-1", WirePages.Task("a", 25, "one"));
            await ReachedAsync(25);
            yield return WirePages.Part("page-2", WirePages.Task("b", 60, "two"));
            await ReachedAsync(60);
            yield return WirePages.Complete(Script.Lineage, 100, WirePages.Task("c", 100, "three"));
        }

        async Task ReachedAsync(long done)
        {
            await Eventually.TrueAsync(() => Device.Store.Status.Pulling?.Done == done, $"{done} is reached");
            seen.Add(Device.Store.Status.Pulling);
        }
    }

    [Fact]
    public async Task A_status_is_told_when_it_changes()
    {
        using var end = new CancellationTokenSource();
        await using var statuses = Device.Store.WatchStatusAsync(end.Token).GetAsyncEnumerator();
        await statuses.MoveNextAsync();
        Assert.Equal(0, statuses.Current.Pending);
        await Device.PutAsync("a", "x");
        await statuses.MoveNextAsync();
        Assert.Equal(1, statuses.Current.Pending);
        await Device.Store.SyncNowAsync();
        while (statuses.Current is not { Pending: 0, LastSynced: not null }) Assert.True(await statuses.MoveNextAsync());
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await statuses.MoveNextAsync());
    }

    [Fact]
    public async Task While_something_long_is_under_way_a_status_comes_every_second_though_nothing_changes()
    {
        var time = new FakeTimeProvider();
        var status = new SyncStatus(SyncConnection.Online, 7, 0, null, null, null) { Pushing = new SyncProgress(3, 10) };
        Action? raise = null;
        await using var statuses = StatusStream.ReadAsync(() => status, Listen, time, CancellationToken.None).GetAsyncEnumerator();
        await statuses.MoveNextAsync();
        for (var i = 0; i < 3; i++)
        {
            var next = statuses.MoveNextAsync().AsTask();
            time.Advance(TimeSpan.FromMilliseconds(999));
            Assert.False(next.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(await next);
        }

        status = status with { Pushing = null };
        raise!();
        var last = statuses.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(await last);
        Assert.Null(statuses.Current.Pushing);
        var silent = statuses.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(silent.IsCompleted);
        status = status with { Pending = 0 };
        raise();
        Assert.True(await silent);

        IDisposable Listen(Action changed)
        {
            raise = changed;
            return new Listening(static () => { });
        }
    }
}
