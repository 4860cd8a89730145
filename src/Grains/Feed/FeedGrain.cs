using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Feed;

/// <summary>Reads of one scope, on as many activations as there is need for.</summary>
[GrainType("orleanssync.feed"), StatelessWorker]
public sealed class FeedGrain(ISyncStore store, GrainSettings settings, ILogger<FeedGrain> logger) : Grain, IFeedGrain
{
    private readonly FeedReader _reader = new(store, settings.Limits);
    private readonly RowScan _scan = new(store);

    private ScopeId Scope => new(this.GetPrimaryKeyString());

    public async Task<FeedPage> ReadAsync(FeedRequest request)
    {
        try
        {
            return await _reader.ReadAsync(Scope, request);
        }
        catch (StoreUnavailableException exception)
        {
            logger.StoreUnavailable(exception);
            return FeedReader.Refused(FeedStatus.Unavailable);
        }
    }

    public async Task<ScanReply> ScanAsync(ScanRequest request)
    {
        try
        {
            return await _scan.ReadAsync(Scope, request);
        }
        catch (StoreUnavailableException exception)
        {
            logger.StoreUnavailable(exception);
            return RowScan.Refused(FeedStatus.Unavailable);
        }
    }

    public async Task<RowsReply> LoadRowsAsync(Guid lineage, string type, ImmutableArray<string> ids)
    {
        try
        {
            return await _scan.LoadAsync(Scope, lineage, type, ids);
        }
        catch (StoreUnavailableException exception)
        {
            logger.StoreUnavailable(exception);
            return new RowsReply(FeedStatus.Unavailable, 0, []);
        }
    }

    public Task<bool> MendDigestAsync(long head, TypeDigest digest) => store.MendDigestAsync(Scope, head, digest, CancellationToken.None);
}
