using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansSync.Core;
using OrleansSync.Grains.Contracts;

namespace OrleansSync.Backend;

/// <summary>Reads scopes for server code.</summary>
internal sealed class SyncFeed(IGrainFactory grains, ILogger<SyncFeed> logger, TimeProvider? time = null) : ISyncFeed
{
    public IAsyncEnumerable<ChangeBatch> ReadAsync(
        string user, FeedCheckpoint from, IReadOnlyCollection<string>? types = null, CancellationToken cancellationToken = default) =>
        ReaderOf(user, types).ReadAsync(from, cancellationToken);

    public IAsyncEnumerable<ChangeBatch> FollowAsync(
        string user, FeedCheckpoint from, IReadOnlyCollection<string>? types = null, CancellationToken cancellationToken = default) =>
        FollowAsync(ReaderOf(user, types), user, from, cancellationToken);

    // Listening comes before reading, so that no commit falls between the two. A notice is a hint: it is handed on only where it
    // continues the checkpoint exactly; anything else sends the reader to the store.
    private async IAsyncEnumerable<ChangeBatch> FollowAsync(
        ChangeReader reader, string user, FeedCheckpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var listener = await ListenAsync(user, cancellationToken);
        var position = from;
        for (CommitNotice? notice = null; ; notice = await listener.NextAsync(cancellationToken))
        {
            if (notice is not null && notice.Continues(position.Lineage, position.Sequence))
            {
                var batch = reader.BatchOf(notice);
                position = batch.Checkpoint;
                yield return batch;
            }
            else if (notice is null || !IsOld(notice, position))
            {
                await foreach (var batch in reader.ReadAsync(position, cancellationToken))
                {
                    position = batch.Checkpoint;
                    yield return batch;
                }
            }
        }
    }

    // A head below the position is none of these: the server may have been restored, which reading tells.
    private static bool IsOld(CommitNotice notice, FeedCheckpoint position) => notice.Sequence == position.Sequence
        || (notice.Sequence < position.Sequence && notice.Lineage == position.Lineage);

    private async Task<ScopeListener> ListenAsync(string user, CancellationToken cancellationToken)
    {
        try
        {
            return await ScopeListener.OpenAsync(grains, user, time ?? TimeProvider.System, logger, cancellationToken);
        }
        catch (Exception exception) when (Transient.Is(exception))
        {
            throw ChangeReader.Unavailable(exception);
        }
    }

    private ChangeReader ReaderOf(string user, IReadOnlyCollection<string>? types)
    {
        UserId.Require(user, nameof(user));
        ImmutableArray<string> wanted = types is null ? [] : [.. types.Distinct().Order(StringComparer.Ordinal)];
        foreach (var type in wanted)
        {
            if (FormRules.CheckName(type, Limits.Default) is { } fault) throw new ArgumentException(fault.Message, nameof(types));
        }

        return new(grains, ScopeId.ForUser(user), wanted);
    }
}
