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

    public Task<FeedPage> ReadAsync(FeedRequest request) => AnswerAsync(() => _reader.ReadAsync(Scope, request), FeedReader.Refused);

    public Task<ScanReply> ScanAsync(ScanRequest request) => AnswerAsync(() => _scan.ReadAsync(Scope, request), RowScan.Refused);

    public Task<RowsReply> LoadRowsAsync(Guid lineage, string type, ImmutableArray<string> ids) =>
        AnswerAsync(() => _scan.LoadAsync(Scope, lineage, type, ids), static status => new RowsReply(status, 0, []));

    public Task<bool> MendDigestAsync(long head, TypeDigest digest) => store.MendDigestAsync(Scope, head, digest, CancellationToken.None);

    private async Task<T> AnswerAsync<T>(Func<Task<T>> read, Func<FeedStatus, T> refused)
    {
        try
        {
            return await read();
        }
        catch (StoreUnavailableException exception)
        {
            logger.StoreUnavailable(exception);
            return refused(FeedStatus.Unavailable);
        }
    }
}
