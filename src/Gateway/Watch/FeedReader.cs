using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Grpc.Core;
using OrleansSync.Core;
using OrleansSync.Gateway.Errors;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Gateway.Watch;

/// <summary>What a device asks of the feed: from where, and which types.</summary>
internal sealed record FeedPosition(ScopeId Scope, DeviceId Device, Guid Lineage, long Sequence, ImmutableArray<string> Types);

/// <summary>Reads a scope's changes page by page, to the page that says complete.</summary>
internal sealed class FeedReader(IGrainFactory grains)
{
    /// <exception cref="RpcException">The feed cannot be read from there.</exception>
    public async IAsyncEnumerable<FeedPage> ReadAsync(
        FeedPosition from, ImmutableArray<byte> pageToken, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var feed = grains.GetGrain<IFeedGrain>(from.Scope.Value);
        while (true)
        {
            var request = new FeedRequest(from.Device, from.Lineage, from.Sequence, from.Types, pageToken);
            var page = await feed.ReadAsync(request).WaitAsync(cancellationToken);
            if (ErrorOf(page.Status) is { } error) throw error;
            yield return page;
            if (page.Complete) yield break;
            pageToken = page.PageToken;
        }
    }

    private static RpcException? ErrorOf(FeedStatus status) => status switch
    {
        FeedStatus.Ok => null,
        FeedStatus.LineageChanged => SyncErrors.LineageChanged(),
        FeedStatus.CursorExpired => SyncErrors.CursorExpired(),
        FeedStatus.CursorAhead => SyncErrors.CursorAhead(),
        FeedStatus.PageTokenInvalid => SyncErrors.PageTokenInvalid(),
        _ => SyncErrors.Unavailable(SyncErrors.RetryAfterFault),
    };
}
