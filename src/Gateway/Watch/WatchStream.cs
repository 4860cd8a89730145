using System.Collections.Immutable;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Services;
using OrleansSync.Grains.Contracts;
using OrleansSync.Protocol.V1;

namespace OrleansSync.Gateway.Watch;

/// <summary>
/// One watch stream: what the device lacks, and then every commit. A notice is a hint: it is forwarded only where it
/// continues the cursor exactly; anything else sends the stream to the feed, which alone decides what the device has.
/// </summary>
internal sealed class WatchStream(
    FeedPosition from, FeedReader feed, Pages pages, DeviceConnection connection, IServerStreamWriter<WatchResponse> responses, WatchMetrics metrics,
    ILogger logger)
{
    private FeedPosition _position = from;

    /// <summary>Runs until the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await ReadGapAsync(cancellationToken);
        while (await connection.NextNoticeAsync() is { } notice)
        {
            if (notice.Sequence <= _position.Sequence) continue;
            if (!notice.Continues(_position.Lineage, _position.Sequence))
            {
                await ReadGapAsync(cancellationToken);
                continue;
            }

            await responses.WriteUntilAsync(new WatchResponse { Page = pages.Of(notice, _position) }, cancellationToken);
            metrics.Told(notice);
            _position = _position with { Sequence = notice.Sequence };
            connection.Sent(_position.Lineage, _position.Sequence);
            Log.CommitSent(logger, notice.Sequence, connection.Device.Value);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Advances to the head that the last page was read with, and no further, whatever the notices say.</summary>
    private async Task ReadGapAsync(CancellationToken cancellationToken)
    {
        var start = _position;
        Log.GapRead(logger, start.Sequence);
        await foreach (var page in feed.ReadAsync(start, feed.BeginAsync(start, []), cancellationToken))
        {
            foreach (var part in pages.Of(page)) await responses.WriteUntilAsync(new WatchResponse { Page = part }, cancellationToken);
            if (!page.Complete) continue;
            _position = start with { Lineage = page.Lineage, Sequence = page.Head };
            connection.Sent(page.Lineage, page.Head);
            Log.GapSent(logger, page.Head, connection.Device.Value);
        }
    }
}
