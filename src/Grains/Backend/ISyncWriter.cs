namespace OrleansSync.Backend;

/// <summary>
/// Writes of server code into a user's data, through the same log as those of devices: ordered, merged by the same rules, durable
/// when answered, and sent to the devices that watch. Safe to call concurrently, from any process.
/// </summary>
public interface ISyncWriter
{
    /// <summary>Writes one operation, or several that commit whole or not at all.</summary>
    /// <param name="user">Whose data. A user who has none yet gets it with this write, so check the id first.</param>
    /// <param name="key">
    /// The idempotency key: 1 to 256 bytes of UTF-8 without control characters, the caller's own within the user. A repeated call
    /// returns the first outcome and has no second effect, for as long as the journal is kept; one with other content is refused as
    /// <see cref="Core.RejectionReason.OperationReused"/>.
    /// </param>
    /// <param name="write">Says what to write. Called once, before anything is sent.</param>
    /// <param name="cancellationToken">Ends the waiting; the write may have taken place, which a call with the same key tells.</param>
    /// <returns>What became of it, on record: a rejection is too, and repeating the call leads to it again.</returns>
    /// <exception cref="ArgumentException">The user's id or the key is none.</exception>
    /// <exception cref="SyncWriteException">Something in the write breaks a rule; nothing was sent.</exception>
    /// <exception cref="SyncUnavailableException">
    /// The server cannot answer now. The write may or may not have taken place: call again with the same key.
    /// </exception>
    Task<WriteResult> WriteAsync(string user, string key, Action<SyncWrite> write, CancellationToken cancellationToken = default);
}
