namespace OrleansSync.Client;

/// <summary>Where an entity of the local database stands with the server.</summary>
public enum EntitySyncState
{
    /// <summary>What is here is what the server has, as far as this device has heard.</summary>
    Synced,

    /// <summary>Holds own changes that the server has not confirmed, or whose confirmation this device has not yet caught up with.</summary>
    Pending,

    /// <summary>A change waits in the conflict inbox, of this device or of another one; see <see cref="SyncStore.Conflicts"/>.</summary>
    Conflict,

    /// <summary>An own change was refused; see <see cref="SyncStore.DeadLetters"/>.</summary>
    DeadLetter,
}
