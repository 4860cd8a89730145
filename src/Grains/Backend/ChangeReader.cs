using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Feed;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Backend;

/// <summary>Reads pages and gives commits: a page may end within one, a batch never does.</summary>
internal sealed class ChangeReader(IGrainFactory grains, ScopeId scope, ImmutableArray<string> types)
{
    private static readonly DeviceId NoDevice = new(Guid.Empty);

    private readonly IFeedGrain _feed = grains.GetGrain<IFeedGrain>(scope.Value);

    /// <summary>To the batch that has caught up; without news there is none.</summary>
    public async IAsyncEnumerable<ChangeBatch> ReadAsync(FeedCheckpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = RequestOf(from);
        var (firstHead, sequence, changes) = (from.FirstHead, from.Sequence, ImmutableArray.CreateBuilder<SyncChange>());
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await ReadPageAsync(from, request, cancellationToken) is not { } page) yield break;
            if (request.Lineage == Guid.Empty && firstHead == 0) firstHead = page.Head;
            foreach (var stored in page.Stored.AsEnumerable())
            {
                if (changes.Count > 0 && stored.Sequence != sequence)
                    yield return new(sequence, changes.DrainToImmutable(), new(page.Lineage, sequence, firstHead), CaughtUp: false);
                sequence = stored.Sequence;
                changes.Add(SyncChange.Of(stored));
            }

            if (page.Complete)
            {
                var reached = new FeedCheckpoint(page.Lineage, page.Head);
                if (changes.Count > 0) yield return new(sequence, changes.DrainToImmutable(), reached, CaughtUp: true);
                else if (reached != from && page.Head > 0) yield return new(page.Head, [], reached, CaughtUp: true);
                yield break;
            }

            request = request with { PageToken = page.PageToken };
        }
    }

    /// <summary>A commit that was told whole.</summary>
    public ChangeBatch BatchOf(CommitNotice notice) => new(
        notice.Sequence,
        [.. notice.Rows.Where(row => types.IsEmpty || types.Contains(row.Key.Type)).Select(SyncChange.Of)],
        new(notice.Lineage, notice.Sequence),
        CaughtUp: true);

    private FeedRequest RequestOf(FeedCheckpoint from)
    {
        if (from.IsStart) return new(NoDevice, Guid.Empty, 0, types, []);
        if (from.FirstHead == 0) return new(NoDevice, from.Lineage, from.Sequence, types, []);
        // Within a reading from the start: what it began with is what tells whether deletions are still on record.
        var request = new FeedRequest(NoDevice, Guid.Empty, 0, types, []);
        var token = new PageToken(
            from.Lineage, PageToken.PullOf(request), from.FirstHead, from.Sequence, ChangePosition.AfterSequence(from.Sequence));
        return request with { PageToken = token.Encode() };
    }

    // Null: the user has no data yet.
    private async Task<FeedPage?> ReadPageAsync(FeedCheckpoint from, FeedRequest request, CancellationToken cancellationToken)
    {
        FeedPage page;
        try
        {
            page = await _feed.ReadAsync(request).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (Transient.Is(exception))
        {
            throw Unavailable(exception);
        }

        return page.Status switch
        {
            FeedStatus.Ok => page,
            FeedStatus.LineageChanged when from.IsStart && request.PageToken.IsEmpty => null,
            FeedStatus.LineageChanged => throw new SyncFeedException(FeedFault.LineageChanged),
            FeedStatus.CursorExpired => throw new SyncFeedException(FeedFault.CheckpointExpired),
            FeedStatus.CursorAhead => throw new SyncFeedException(FeedFault.CheckpointAhead),
            FeedStatus.Unavailable => throw Unavailable(null),
            _ => throw new UnreachableException($"The feed answered {page.Status} to a request of its own making."),
        };
    }

    internal static SyncUnavailableException Unavailable(Exception? cause) => new(
        "The server cannot answer now. Go on from the last checkpoint later.", SyncUnavailableException.RetryAfterFault, cause);
}
