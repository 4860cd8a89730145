namespace OrleansSync.Backend;

/// <summary>
/// The changes of a user's data, for server code: in the order of the commits and at least once, from a checkpoint that the reader keeps.
/// It is a feed of states: an entity that was changed several times since comes once, as it is now.
/// </summary>
/// <remarks>A reader that asks for other types than before begins anew: the checkpoint does not tell what it was not sent.</remarks>
public interface ISyncFeed
{
    /// <summary>Reads what was committed after a checkpoint, and ends with the batch that has caught up; without news with none.</summary>
    /// <param name="user">Whose data.</param>
    /// <param name="from">Where to go on; from the start, deleted entities are left out that were gone when the reading began.</param>
    /// <param name="types">Entity types; <c>null</c> or none: all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The user's id is none.</exception>
    /// <exception cref="SyncFeedException">The feed cannot go on from there; read again from the start.</exception>
    /// <exception cref="SyncUnavailableException">The server cannot answer now: go on later, from the last checkpoint.</exception>
    IAsyncEnumerable<ChangeBatch> ReadAsync(
        string user, FeedCheckpoint from, IReadOnlyCollection<string>? types = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The same, and then each commit as it is made, until it is cancelled. Slow readers are fine: past a few commits that wait, the feed
    /// reads from the store what is missing, and holds no more than a page and a commit.
    /// </summary>
    /// <inheritdoc cref="ReadAsync"/>
    IAsyncEnumerable<ChangeBatch> FollowAsync(
        string user, FeedCheckpoint from, IReadOnlyCollection<string>? types = null, CancellationToken cancellationToken = default);
}
