namespace OrleansSync.Client;

/// <summary>The result of a live query at one moment, and how it differs from the one before.</summary>
/// <param name="Items">The result, in order.</param>
/// <param name="States">Where each of the items stands with the server, in the same order.</param>
/// <param name="Inserted">Ids of items that were not in the result before; in the first snapshot all.</param>
/// <param name="Changed">Ids of items whose fields or state are others than before.</param>
/// <param name="Removed">Ids of items that are in the result no more.</param>
/// <typeparam name="T">The app's model.</typeparam>
public sealed record LiveSnapshot<T>(
    IReadOnlyList<T> Items,
    IReadOnlyList<EntitySyncState> States,
    IReadOnlyList<string> Inserted,
    IReadOnlyList<string> Changed,
    IReadOnlyList<string> Removed);
