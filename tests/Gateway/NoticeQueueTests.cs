using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Feed;

namespace OrleansSync.Gateway.Tests;

public sealed class NoticeQueueTests
{
    private readonly NoticeQueue _queue = new();

    [Fact]
    public async Task Notices_come_out_in_the_order_they_came_in()
    {
        for (var sequence = 1; sequence <= 3; sequence++) _queue.Offer(Notice(sequence));

        Assert.Equal((1L, 2L, 3L), (await NextAsync(), await NextAsync(), await NextAsync()));
    }

    [Fact]
    public async Task A_reader_who_waits_gets_what_comes()
    {
        var waiting = _queue.TakeAsync().AsTask();
        Assert.False(waiting.IsCompleted);

        _queue.Offer(Notice(7));

        Assert.Equal(7, (await waiting)?.Sequence);
    }

    [Fact]
    public async Task Past_32_the_oldest_goes()
    {
        for (var sequence = 1; sequence <= 40; sequence++) _queue.Offer(Notice(sequence));

        Assert.Equal(9, await NextAsync());
    }

    [Fact]
    public async Task A_closed_queue_hands_out_nothing_and_lets_its_reader_go()
    {
        var waiting = _queue.TakeAsync().AsTask();

        _queue.Close();
        _queue.Offer(Notice(1));

        Assert.Null(await waiting);
        Assert.Null(await _queue.TakeAsync());
    }

    [Fact]
    public async Task Beside_a_reader_who_comes_and_goes_notices_keep_their_order_and_the_newest_is_never_lost()
    {
        const int Count = 20_000;
        var offering = Task.Run(async () =>
        {
            for (var sequence = 1; sequence <= Count; sequence++)
            {
                _queue.Offer(Notice(sequence));
                if (sequence % 16 == 0) await Task.Yield();
            }

            return Count;
        });
        var last = 0L;
        while (last < Count)
        {
            var next = await NextAsync();
            Assert.True(next > last, $"{next} came after {last}.");
            last = next;
        }

        Assert.Equal(Count, await offering);
    }

    private static CommitNotice Notice(long sequence) => new(sequence, Whole: false, [], [], Clock: 0, Guid.Empty, []);

    private async Task<long> NextAsync() => (await _queue.TakeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)))!.Sequence;
}
