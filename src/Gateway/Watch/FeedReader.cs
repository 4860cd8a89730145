using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Watch;

/// <summary>What a device asks of the feed: from where, and which types.</summary>
internal sealed record FeedPosition(ScopeId Scope, DeviceId Device, Guid Lineage, long Sequence, ImmutableArray<string> Types);

/// <summary>
/// Reads a scope's changes page by page, to the page that says complete. While a page is on its way to the device, the next one is
/// read: one, so a slow device holds no more.
/// </summary>
internal sealed class FeedReader(IGrainFactory grains)
{
    /// <summary>Reads a page before it is known whether anybody may have it.</summary>
    public Task<FeedPage> BeginAsync(FeedPosition from, ImmutableArray<byte> pageToken)
    {
        var first = ReadPageAsync(from, pageToken);
        first.Ignore();
        return first;
    }

    /// <exception cref="RpcException">The feed cannot be read from there.</exception>
    public async IAsyncEnumerable<FeedPage> ReadAsync(
        FeedPosition from, Task<FeedPage> first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reading = first;
        while (true)
        {
            var page = await reading.WaitAsync(cancellationToken);
            if (ErrorOf(page.Status) is { } error) throw error;
            if (!page.Complete)
            {
                reading = ReadPageAsync(from, page.PageToken);
                // Nobody waits for it where the stream ends before.
                reading.Ignore();
            }

            yield return page;
            if (page.Complete) yield break;
        }
    }

    public static RpcException? ErrorOf(FeedStatus status) => status switch
    {
        FeedStatus.Ok => null,
        FeedStatus.LineageChanged => SyncErrors.LineageChanged(),
        FeedStatus.CursorExpired => SyncErrors.CursorExpired(),
        FeedStatus.CursorAhead => SyncErrors.CursorAhead(),
        FeedStatus.PageTokenInvalid => SyncErrors.PageTokenInvalid(),
        _ => SyncErrors.Unavailable(SyncErrors.RetryAfterFault),
    };

    private Task<FeedPage> ReadPageAsync(FeedPosition from, ImmutableArray<byte> token) => grains.GetGrain<IFeedGrain>(from.Scope.Value)
        .ReadAsync(new FeedRequest(from.Device, from.Lineage, from.Sequence, from.Types, token));
}
