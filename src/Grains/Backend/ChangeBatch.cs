using System.Collections.Immutable;

namespace OrleansSync.Backend;

/// <summary>
/// What is left of one commit: the entities whose last change it is. One that was changed again since comes with that later commit.
/// </summary>
/// <param name="Sequence">The commit.</param>
/// <param name="Changes">In order of type and id; may be empty: store the checkpoint all the same.</param>
/// <param name="Checkpoint">Where to go on once this batch is handled.</param>
/// <param name="CaughtUp">
/// No change up to the checkpoint is missing: all that was read so far is the user's data as of that moment, and holds each transaction
/// whole or not at all.
/// </param>
public sealed record ChangeBatch(long Sequence, ImmutableArray<SyncChange> Changes, FeedCheckpoint Checkpoint, bool CaughtUp);
