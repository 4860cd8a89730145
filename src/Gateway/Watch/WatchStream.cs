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
    FeedReader feed, Pages pages, DeviceConnection connection, IServerStreamWriter<WatchResponse> responses, WatchMetrics metrics, ILogger logger)
{
    /// <summary>Runs until the token is cancelled.</summary>
    public async Task RunAsync(FeedPosition position, CancellationToken cancellationToken)
    {
        position = await ReadGapAsync(position, cancellationToken);
        while (await connection.NextNoticeAsync() is { } notice)
        {
            if (notice.Sequence <= position.Sequence) continue;
            if (!notice.Continues(position.Lineage, position.Sequence))
            {
                position = await ReadGapAsync(position, cancellationToken);
                continue;
            }

            await responses.WriteUntilAsync(new WatchResponse { Page = pages.Of(notice, position) }, cancellationToken);
            metrics.Told(notice);
            position = position with { Sequence = notice.Sequence };
            connection.Sent(position.Lineage, position.Sequence);
            Log.CommitSent(logger, notice.Sequence, connection.Device.Value);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Advances to the head that the last page was read with, and no further, whatever the notices say.</summary>
    private async Task<FeedPosition> ReadGapAsync(FeedPosition position, CancellationToken cancellationToken)
    {
        Log.GapRead(logger, position.Sequence);
        await foreach (var page in feed.ReadAsync(position, feed.BeginAsync(position, []), cancellationToken))
        {
            foreach (var part in pages.Of(page)) await responses.WriteUntilAsync(new WatchResponse { Page = part }, cancellationToken);
            if (!page.Complete) continue;
            position = position with { Lineage = page.Lineage, Sequence = page.Head };
            connection.Sent(page.Lineage, page.Head);
            Log.GapSent(logger, page.Head, connection.Device.Value);
        }

        return position;
    }
}
