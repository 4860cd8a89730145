using System.Collections.Immutable;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;
using OrleansSync.Grains.Storage;

namespace OrleansSync.Grains.Feed;

/// <summary>Reads a scope's changes page by page, and tells a device whose cursor cannot be continued so.</summary>
public sealed class FeedReader(ISyncStore store, Limits limits)
{
    /// <exception cref="StoreUnavailableException">The store does not answer; calling again is safe.</exception>
    public async Task<FeedPage> ReadAsync(ScopeId scope, FeedRequest request)
    {
        var isBootstrap = request.Lineage == Guid.Empty;
        if (isBootstrap && request.Sequence != 0) return Refused(FeedStatus.LineageChanged);
        var pull = PageToken.PullOf(request);
        PageToken? token = null;
        if (!request.PageToken.IsDefaultOrEmpty)
        {
            if (!PageToken.TryDecode(request.PageToken, out token) || token.Pull != pull) return Refused(FeedStatus.PageTokenInvalid);
        }

        var page = await store.ReadChangesAsync(QueryFor(scope, request, token, isBootstrap), CancellationToken.None);
        // A handshake makes the scope; one that is gone was erased, and the device must begin again.
        if (page is null) return Refused(FeedStatus.LineageChanged);
        var fault = FaultOf(page.State, request, token, isBootstrap);
        if (fault != FeedStatus.Ok) return Refused(fault);
        var state = page.State;
        var next = new PageToken(state.Lineage, pull, token?.FirstHead ?? state.Head, page.Through, page.Next);
        return new(
            FeedStatus.Ok, page.Stored, page.Outcomes, page.Complete, state.Lineage, state.Head, state.Clock, next.Encode(), page.Digests);
    }

    public static FeedPage Refused(FeedStatus status) => new(status, StoredRows.Empty, [], false, Guid.Empty, 0, 0, [], []);

    private ChangeQuery QueryFor(ScopeId scope, FeedRequest request, PageToken? token, bool isBootstrap) => new()
    {
        Scope = scope,
        After = token?.Position ?? ChangePosition.AfterSequence(request.Sequence),
        Types = request.Types,
        // A bootstrap has nothing that a tombstone could delete, up to the head that its first page saw.
        SkipTombstonesThrough = isBootstrap ? token?.FirstHead : 0,
        Device = request.Device,
        OutcomesAfter = token?.OutcomesThrough ?? request.Sequence,
        MaxRows = limits.PageRows,
        MaxBytes = limits.PageBytes,
    };

    private static FeedStatus FaultOf(ScopeState state, FeedRequest request, PageToken? token, bool isBootstrap)
    {
        if (!isBootstrap && request.Lineage != state.Lineage) return FeedStatus.LineageChanged;
        if (token is not null && token.Lineage != state.Lineage) return FeedStatus.LineageChanged;
        if (request.Sequence > state.Head || token?.FirstHead > state.Head) return FeedStatus.CursorAhead;
        var needed = isBootstrap ? token?.FirstHead : request.Sequence;
        return needed < state.Horizon ? FeedStatus.CursorExpired : FeedStatus.Ok;
    }
}
