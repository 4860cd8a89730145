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
    string? LastError)
{
    /// <summary>Operations of the push that is under way: answered, and all of it. <c>null</c>: none is, or one batch is all of it.</summary>
    public SyncProgress? Pushing { get; init; }

    /// <summary>Commits of the server that are being read: so far, and those there are. <c>null</c>: none are, or one page is all of it.</summary>
    public SyncProgress? Pulling { get; init; }

    /// <summary>Rows that are being compared with the server's: counted so far, and those there are. <c>null</c>: none are.</summary>
    public SyncProgress? Reconciling { get; init; }
}

/// <summary>How far something long has come. The total can grow while it runs.</summary>
/// <param name="Done">So many.</param>
/// <param name="Total">Of so many.</param>
public readonly record struct SyncProgress(long Done, long Total);
