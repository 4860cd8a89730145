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

    public async Task<FeedPage> ReadAsync(FeedRequest request)
    {
        try
        {
            return await _reader.ReadAsync(new ScopeId(this.GetPrimaryKeyString()), request);
        }
        catch (StoreUnavailableException exception)
        {
            logger.StoreUnavailable(exception);
            return FeedReader.Refused(FeedStatus.Unavailable);
        }
    }
}
