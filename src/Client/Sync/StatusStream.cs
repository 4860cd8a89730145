using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace OrleansSync.Client.Sync;

/// <summary>
/// Tells a status again whenever it is another one: not more often than an eye can follow, and while something long is under way at
/// least once a second, so that it can be seen to live.
/// </summary>
internal static class StatusStream
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(1);

    /// <param name="current">Reads the status.</param>
    /// <param name="listen">Calls what it is given at each change, until what it answers is disposed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public static async IAsyncEnumerable<SyncStatus> ReadAsync(
        Func<SyncStatus> current, Func<Action, IDisposable> listen, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var raised = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        // Listening comes first: what changes while a status is read is told after it.
        using var listening = listen(() => raised.Writer.TryWrite(true));
        var told = current();
        yield return told;
        while (true)
        {
            var rest = Task.Delay(Least, time, cancellationToken);
            var isLong = told is not { Pushing: null, Pulling: null, Reconciling: null };
            var wasRaised = await NextAsync(isLong);
            await rest;
            var now = current();
            if (now == told && wasRaised) continue;
            told = now;
            yield return told;
        }

        async Task<bool> NextAsync(bool isLong)
        {
            var next = raised.Reader.ReadAsync(cancellationToken).AsTask();
            if (!isLong) return await next;
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var first = await Task.WhenAny(next, Task.Delay(Most, time, end.Token));
            await end.CancelAsync();
            if (first == next) return await next;
            // The read that is left over gets its answer at the next change: it is one more look.
            raised.Writer.TryWrite(true);
            await next;
            return false;
        }
    }
}
