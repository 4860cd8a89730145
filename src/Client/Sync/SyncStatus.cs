namespace OrleansSync.Client;

/// <summary>Whether the store reaches its gateway.</summary>
public enum SyncConnection
{
    /// <summary>No gateway is configured, or syncing has not started.</summary>
    Offline,

    /// <summary>Trying; see <see cref="SyncStatus.LastError"/>.</summary>
    Connecting,

    /// <summary>Watching the server's changes.</summary>
    Online,

    /// <summary><c>Pause()</c> was called.</summary>
    Paused,

    /// <summary>The credentials were refused; syncing goes on when new ones are there.</summary>
    Unauthenticated,

    /// <summary>The server does not serve this version, or refuses this device; see <see cref="SyncStatus.LastError"/>.</summary>
    Refused,
}

/// <summary>Where syncing stands at one moment.</summary>
/// <param name="Connection">Whether the gateway is reached.</param>
/// <param name="Pending">Operations without an outcome yet.</param>
/// <param name="DeadLetters">Operations that ended refused.</param>
/// <param name="OldestPending">When the oldest of the pending operations was written (device's clock, for display only).</param>
/// <param name="LastSynced">When the store last held everything the server had and had nothing to send.</param>
/// <param name="LastError">What went wrong last, with its remedy; <c>null</c> once syncing works again.</param>
public sealed record SyncStatus(
    SyncConnection Connection,
    int Pending,
    int DeadLetters,
    DateTimeOffset? OldestPending,
    DateTimeOffset? LastSynced,
    string? LastError);
